"""Text from outside on terminals of every kind."""

from __future__ import annotations

import ast
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest

import harness
from harness.terminal import console, printable, say, shown, write_plainly

ROOTS = (Path(harness.__file__).parent, Path(harness.__file__).parent.parent / "plugins")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\rb\x07\x08", r"a\rb\x07\x08"),
        ("\x9b2J\x00", r"\x9b2J\x00"),
        ("abc\u202etxt.exe", r"abc\u202etxt.exe"),
        ("\udcff.mp4", r"\udcff.mp4"),
        ("one\u2028two", r"one\u2028two"),
        ("Füße 日本 👩\u200d🔬\tx\n", "Füße 日本 👩\u200d🔬\tx\n"),
    ],
)
def test_what_steers_a_terminal_is_shown_as_an_escape(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", "≈ \u2013 \u00d7 … é 日"),
        ("latin-1", "~ - \u00d7 ... é \\u65e5"),
        ("ascii", "~ - x ... \\xe9 \\u65e5"),
    ],
)
def test_an_encoding_that_lacks_characters_gets_plain_ones(encoding: str, expected: str) -> None:
    text = "≈ \u2013 \u00d7 … é 日"
    assert printable(text, encoding) == expected
    content = BytesIO()
    stream = TextIOWrapper(content, encoding=encoding)
    write_plainly([stream])
    stream.write(text)
    stream.flush()
    assert content.getvalue().decode(encoding) == expected


def test_nothing_is_markup_and_a_line_without_a_terminal_stays_whole() -> None:
    stream = StringIO()
    say(console(stream, width=20), "[/nope] :smile: [red]", (" /a/path/that/is/long", "bold"), " and more\x1b[2J")
    assert stream.getvalue() == "[/nope] :smile: [red] /a/path/that/is/long and more\\x1b[2J\n"


def test_on_a_terminal_lines_are_wrapped_at_blanks_and_paths_stay_whole() -> None:
    stream = StringIO()
    screen = console(stream, width=20, force_terminal=True, color_system=None)
    say(screen, "wrote the file /a/path/that/is/longer/than/the/terminal and another-with-hyphen")
    assert stream.getvalue().splitlines() == [
        "wrote the file", "/a/path/that/is/longer/than/the/terminal", "and", "another-with-hyphen",
    ]  # fmt: skip


def test_no_other_module_makes_a_console() -> None:
    makers = {path.name for root in ROOTS for path in root.rglob("*.py") if _makes_console(path)}
    assert makers == {"terminal.py"}


def _makes_console(path: Path) -> bool:
    calls = (node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return any(getattr(call, "id", getattr(call, "attr", "")) == "Console" for call in calls)
