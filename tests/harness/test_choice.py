"""Names with options as people type them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from harness.choice import Choice, all_options, convert, own_file, parse_choice, require, resolve
from harness.errors import UnknownNameError, UsageError
from harness.specs import FlowSpec, OptionValue, SRMethodSpec, Weights
from harness.syntax import split_list

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
def test_parse_choice_splits_name_and_options(text: str, expected: Choice) -> None:
    assert parse_choice(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "has no name"), (":patch=8", "has no name"), ("dis:patch", "'patch' in 'dis:patch' is not option=value"),
     ("dis:=8", "'=8' .* is not option=value")],
)  # fmt: skip
def test_malformed_choices_are_refused(text: str, message: str) -> None:
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
def test_split_list_keeps_options_with_their_choice(text: str, expected: list[str]) -> None:
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
def test_convert_gives_the_type_of_the_default(value: Any, default: Any, expected: Any) -> None:
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


def test_resolve_refuses_an_unknown_option_with_a_suggestion() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown option of 'dis' 'pacth'\. Did you mean 'patch'\?"):
        resolve(parse_choice("dis:pacth=8"), SPEC)


def test_extra_options_are_allowed() -> None:
    assert resolve(parse_choice("dis:samples=4"), SPEC, {"samples": 0}).mapping == {"samples": 4}


def lengths(options: Mapping[str, OptionValue]) -> dict[str, OptionValue]:
    """Options that depend on another one, for `more_options`."""
    return {"window": 7, "mode": None} if options["kind"] == "long" else {}


OPEN = FlowSpec("open", "flow", "nowhere:build", options={"kind": "short"}, more_options="test_choice_more:lengths")


@pytest.fixture
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("test_choice_more")
    vars(module)["lengths"] = lengths
    monkeypatch.setitem(sys.modules, "test_choice_more", module)


def test_options_that_depend_on_others_are_known_only_with_them(importable: None) -> None:
    choice = resolve(parse_choice("open:kind=long,window=9"), OPEN)
    assert choice == Choice("open", (("kind", "long"), ("window", 9)))
    assert all_options(choice, OPEN) == {"kind": "long", "window": 9, "mode": None}
    assert resolve(parse_choice("open:kind=long,window=7"), OPEN).mapping == {"kind": "long"}
    assert all_options(Choice("open"), OPEN) == {"kind": "short"}
    with pytest.raises(UnknownNameError, match="option of 'open' 'window'"):
        resolve(parse_choice("open:window=9"), OPEN)
    with pytest.raises(UnknownNameError, match="Did you mean 'window'"):
        resolve(parse_choice("open:kind=long,windw=9"), OPEN)


def test_options_implied_by_a_checkpoint_override_defaults_but_not_the_choice(importable: None) -> None:
    implied = {"kind": "long", "window": 3}
    assert all_options(Choice("open"), OPEN, implied) == {"kind": "long", "window": 3, "mode": None}
    assert all_options(Choice("open", (("window", 5),)), OPEN, implied)["window"] == 5


@pytest.mark.parametrize(
    ("options", "file"),
    [({}, None), ({"checkpoint": None, "weights": ""}, None), ({"weights": "a"}, "a"), ({"checkpoint": "b"}, "b")],
)
def test_own_file_is_the_checkpoint_or_weights_option(options: dict[str, OptionValue], file: str | None) -> None:
    assert own_file(options) == file


def test_an_option_that_must_be_given_is_asked_for_unless_a_checkpoint_implies_it() -> None:
    spec = SRMethodSpec("any", "any network", "nowhere:build", options={"arch": None}, required={"arch": "RRDBNet"})
    with pytest.raises(UsageError, match="'any' needs the option arch: write any:arch=RRDBNet"):
        require({"arch": ""}, spec)
    require({"arch": "EDSR"}, spec)
    own = Weights("mine", "0" * 64, "other", "unknown", path="my.pth", options={"arch": "EDSR"})
    require({}, replace(spec, weights=(own,)))


@pytest.mark.parametrize(
    ("value", "default"),
    [("nan", 0.5), ("inf", 0.5), ("1e999", 0.5), (float("nan"), None), (True, 3), ("9" * 5000, 3), ("9" * 30, 3)],
)
def test_a_number_that_no_option_can_mean_is_refused_in_a_short_sentence(value: Any, default: Any) -> None:
    with pytest.raises(UsageError) as caught:
        convert(value, default, "dis:patch")
    assert len(str(caught.value)) < 120
