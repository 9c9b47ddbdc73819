"""Text that people write: every form that editors save, and a sentence for what is no text."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from harness.errors import AnnotationError
from harness.text import Line, escaped, is_storable, quoted, read_lines, read_text, same_name

TEXT = "übung\nläufer 2\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_encoding_with_a_mark_and_any_line_end_is_read(tmp_path: Path, encoding: str, end: str) -> None:
    mark = "\ufeff" if encoding.endswith("e") else ""
    (tmp_path / "list.txt").write_bytes((mark + TEXT.replace("\n", end)).encode(encoding))
    assert read_text(tmp_path / "list.txt") == TEXT


def test_lines_are_numbered_as_editors_do_and_lose_blanks_tabs_and_inner_marks(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes("\ufeffone \t\r\n\r\n\ufeff\ttwo\u2028three\x0b\r\n".encode())
    lines = read_lines(tmp_path / "list.txt")
    assert [(line.number, line.text) for line in lines] == [(1, "one"), (3, "two\u2028three")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\r\nb\r\ncaf\xe9\n", r"list\.txt, line 3: not readable as UTF-8 text at byte 0xe9 .*; save .* as UTF-8"),
        (b"a\rb\xff", r"line 2: not readable as UTF-8 text at byte 0xff"),
        (b"a\nb\0c\n", r"list\.txt, line 2: it has a NUL byte"),
        ("a\nb".encode("utf-16-le"), r"line 1: it has a NUL byte, .*save it as UTF-8 text"),
        ("\ufeffa\nb".encode("utf-16-le")[:-1], r"line 2: not readable as UTF-16 text"),
    ],
)
def test_what_is_no_text_is_refused_with_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "list.txt").write_bytes(content)
    with pytest.raises(AnnotationError, match=message):
        read_text(tmp_path / "list.txt")


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match=r"none\.txt: no such file"):
        read_text(tmp_path / "none.txt")
    with pytest.raises(AnnotationError, match="not readable: Is a directory"):
        read_text(tmp_path)
    with pytest.raises(AnnotationError, match="not readable: File name too long") as caught:
        read_text(tmp_path / ("x" * 5000))
    assert len(str(caught.value)) < 300
    with pytest.raises(AnnotationError, match="not readable: embedded null byte"):
        read_text(tmp_path / "a\0b")


def test_numbers_are_whole_and_of_few_digits(tmp_path: Path) -> None:
    line = Line(tmp_path / "a.txt", 7, "")
    assert [line.integer(text, "label") for text in ("0", "-3", " 12 ", "9" * 18)] == [0, -3, 12, 10**18 - 1]
    for text in ("", "1.0", "1_0", "٣", "9" * 5000):
        with pytest.raises(AnnotationError, match=r"a\.txt, line 7: label '.*' is not a whole number") as caught:
            line.integer(text, "label")
        assert len(str(caught.value)) < 400


def test_an_error_without_a_line_names_the_file() -> None:
    assert str(Line(Path("a.mp4"), 0, "").error("why")) == "a.mp4: why"


def test_both_spellings_of_an_accent_are_one_name() -> None:
    name = "Läufer"
    assert unicodedata.normalize("NFD", name) != name
    assert same_name(unicodedata.normalize("NFD", name)) == same_name(name) == name


def test_bytes_of_a_name_that_are_not_utf_8_are_shown() -> None:
    name = b"caf\xe9-\xc3\xa9.mp4".decode("utf-8", "surrogateescape")
    assert escaped(name) == "caf\\xe9-é.mp4"
    assert not is_storable(name) and is_storable(escaped(name)) and is_storable("é")


def test_a_long_text_is_shortened_in_an_error() -> None:
    assert quoted("short") == "'short'"
    assert len(quoted("x" * 5000)) < 150
