"""Names with options as people type them."""

from __future__ import annotations

from typing import Any

import pytest

from harness.choice import Choice, all_options, convert, parse_choice, resolve, split_list
from harness.errors import UnknownNameError, UsageError
from harness.specs import FlowSpec

SPEC = FlowSpec(
    "dis", "flow", "nowhere:build", options={"patch": 8, "rate": 0.5, "fast": False, "mode": "soft", "file": None}
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dis", Choice("dis")),
        (" dis ", Choice("dis")),
        ("dis:", Choice("dis")),
        ("dis:patch=8", Choice("dis", (("patch", "8"),))),
        ("dis:patch=8, mode = hard", Choice("dis", (("patch", "8"), ("mode", "hard")))),
        ("dis:file=/a=b.pth", Choice("dis", (("file", "/a=b.pth"),))),
    ],
)
def test_parse_choice(text: str, expected: Choice) -> None:
    assert parse_choice(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "has no name"), (":patch=8", "has no name"), ("dis:patch", "'patch' in 'dis:patch' is not option=value"),
     ("dis:=8", "'=8' .* is not option=value")],
)  # fmt: skip
def test_what_is_no_choice_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_choice(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("a", ["a"]),
        ("a,b", ["a", "b"]),
        (" a , b ,", ["a", "b"]),
        ("a:x=1,y=2,b", ["a:x=1,y=2", "b"]),
        ("a:x=1,b:y=2", ["a:x=1", "b:y=2"]),
        ("a+b,c", ["a+b", "c"]),
        ("a:x=1+b:y=2,z=3,c", ["a:x=1+b:y=2,z=3", "c"]),
    ],
)
def test_split_list(text: str, expected: list[str]) -> None:
    assert split_list(text) == expected


@pytest.mark.parametrize(
    ("value", "default", "expected"),
    [
        ("8", 3, 8),
        ("-8", 3, -8),
        ("0.25", 1.0, 0.25),
        ("3", 1.0, 3.0),
        ("true", False, True),
        ("NO", True, False),
        ("1", True, True),
        ("12", "text", "12"),
        ("x.pth", None, "x.pth"),
        (4, 3, 4),
        (4, 1.0, 4.0),
        (True, False, True),
        (None, 3, None),
    ],
)
def test_convert_to_the_type_of_the_default(value: Any, default: Any, expected: Any) -> None:
    found = convert(value, default, "dis:option")
    assert found == expected and type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "default", "message"),
    [
        ("x", 3, "dis:patch=x: expected int, such as 3"),
        ("1.5", 3, "expected int"),
        ("fast", 0.5, "expected float"),
        ("maybe", True, "expected bool"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(value: str, default: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        convert(value, default, "dis:patch")


def test_resolve_converts_sorts_and_drops_defaults() -> None:
    chosen = resolve(parse_choice("dis:rate=0.25,patch=8,fast=yes"), SPEC)
    assert chosen == Choice("dis", (("fast", True), ("rate", 0.25)))
    assert str(chosen) == "dis:fast=true,rate=0.25"
    assert all_options(chosen, SPEC) == {"patch": 8, "rate": 0.25, "fast": True, "mode": "soft", "file": None}
    assert resolve(parse_choice(str(chosen)), SPEC) == chosen


def test_resolve_refuses_an_unknown_option_and_proposes_one() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown option of 'dis' 'pacth'\. Did you mean 'patch'\?"):
        resolve(parse_choice("dis:pacth=8"), SPEC)


def test_extra_options_are_allowed_where_given() -> None:
    assert resolve(parse_choice("dis:samples=4"), SPEC, {"samples": 0}).mapping == {"samples": 4}
