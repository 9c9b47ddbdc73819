"""Text that people write: one reader for lists, class files, class maps, tables and documents."""

from __future__ import annotations

import codecs
import re
import reprlib
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from harness.errors import AnnotationError

BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
MARK = "\ufeff"
DIGITS = 18
"""Most digits of a number in an annotation, so that it fits into 64 bits."""
NUMBER = re.compile(rf"[+-]?[0-9]{{1,{DIGITS}}}")
SHOWN = 120
"""Characters of a faulty text that an error shows."""


@dataclass(frozen=True)
class Line:
    """One line of a file, without white space at its ends."""

    file: Path
    number: int
    """From 1; 0 for the file as a whole."""
    text: str

    @property
    def where(self) -> str:
        return f"{self.file}, line {self.number}" if self.number else str(self.file)

    def error(self, rule: str) -> AnnotationError:
        """The error to raise if this line breaks a rule."""
        return AnnotationError(f"{self.where}: {rule}")

    def integer(self, text: str, what: str) -> int:
        """A whole number on this line, which is `what`. Raises `AnnotationError`."""
        if not NUMBER.fullmatch(text.strip()):
            raise self.error(f"{what} {quoted(text)} is not a whole number of at most {DIGITS} digits")
        return int(text)


def read_text(file: Path) -> str:
    """The text of a file with lines that end in a line feed, whatever they end in there.

    UTF-8 with or without a byte order mark; UTF-16 and UTF-32 with one. Marks at the beginning of later lines, where
    files were joined, are taken away as well. Raises `AnnotationError` naming file and line of what is no such text.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise AnnotationError(f"{_short(file)}: no such file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise AnnotationError(f"{_short(file)}: not readable: {reason}") from error
    encoding = next((name for mark, name in BYTE_ORDER_MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        text = _with_line_feeds(content.decode(encoding))
    except UnicodeDecodeError as error:
        raise AnnotationError(f"{file}, line {_line_of(error)}: {_undecoded(error, encoding)}") from error
    nul = text.find("\0")
    if nul >= 0:
        line = text.count("\n", 0, nul) + 1
        raise AnnotationError(f"{file}, line {line}: it has a NUL byte, so the file is no text; save it as UTF-8 text")
    return re.sub(f"^{MARK}", "", text, flags=re.MULTILINE)


def read_lines(file: Path) -> list[Line]:
    """The lines that are not blank, stripped of white space. Raises `AnnotationError`."""
    lines = (Line(file, number, line.strip()) for number, line in enumerate(read_text(file).split("\n"), 1))
    return [line for line in lines if line.text]


def same_name(text: str) -> str:
    """What is equal for two spellings of one name: composed characters (NFC), as macOS writes them apart (NFD)."""
    return unicodedata.normalize("NFC", text)


def quoted(text: str) -> str:
    """`text` in quotation marks for an error, its middle left out if it is very long."""
    short = reprlib.Repr()
    short.maxstring = SHOWN
    return short.repr(text)


def escaped(name: str | Path) -> str:
    """A file's name with the bytes that are not UTF-8 written as ``\\xNN``, so that it can be shown and stored."""
    return str(name).encode(errors="surrogateescape").decode(errors="backslashreplace")


def is_storable(name: str) -> bool:
    """Whether a file's name is UTF-8, as it must be to be written into tables."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _line_of(error: UnicodeDecodeError) -> int:
    before = bytes(error.object[: error.start]).decode(error.encoding, "ignore")
    return _with_line_feeds(before).count("\n") + 1


def _undecoded(error: UnicodeDecodeError, encoding: str) -> str:
    byte = error.object[error.start]
    return f"not readable as {encoding.upper()} text at byte 0x{byte:02x} ({error.reason}); save the file as UTF-8"


def _short(file: Path) -> str:
    text = str(file)
    return text if len(text) <= 4 * SHOWN else quoted(text)
