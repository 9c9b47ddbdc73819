"""Text on a terminal: one kind of console for everything that is printed, and characters that cannot do harm.

Names, reasons, notes and titles come from files, plugins and the command line. They are printed as they are: nothing in
them is markup, and what would steer the terminal is shown as an escape (``\\x1b``). What the stream's encoding lacks is
replaced by plain characters, so that printing never fails.
"""

from __future__ import annotations

import codecs
import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

WITHOUT_TERMINAL = 120
"""Columns where there is no terminal to ask, as in a log."""
PLAIN = "harness-plain"
"""Name of the error handler that `write_plainly` installs."""
SUBSTITUTES = {
    "\u2248": "~", "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u2011": "-", "\u00d7": "x", "\u00b7": ".",
    "\u2026": "...", "\u2191": "^", "\u2193": "v", "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"',
    "\u2022": "*", "\u00a0": " ", "\u2500": "-",
}  # fmt: skip
"""What is written for characters that the project's own texts have, where an encoding lacks them."""
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that change the direction of what follows, so that it reads as something else."""
STEERING = ("Cc", "Cs", "Zl", "Zp")
"""Unicode categories that are shown as escapes: control characters, halves of characters, separators of lines."""


def shown(text: str, keep: str = "\n\t") -> str:
    """`text` with every character that would steer a terminal written as an escape, but those of `keep`."""
    if text.isprintable():  # false for any of them, and true for nearly every text
        return text
    return "".join(_escaped(char) if _steers(char) and char not in keep else char for char in text)


def printable(text: str, encoding: str) -> str:
    """`shown` text in the characters that `encoding` has."""
    text = shown(text)
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode(encoding, PLAIN).decode(encoding)
    except LookupError:
        return text
    return text


def write_plainly(streams: Iterable[TextIO] | None = None) -> None:
    """From now on, standard output and error replace what their encoding lacks instead of failing."""
    for stream in (sys.stdout, sys.stderr) if streams is None else streams:
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=PLAIN)


def console(
    file: TextIO | None = None, *, stderr: bool = False, width: int | None = None, quiet: bool = False, **options: Any
) -> Console:
    """A console that takes nothing for markup.

    Without a terminal a line stays one line; on one, it is wrapped at blanks. `options` are those of rich's console.
    """
    from rich.console import Console

    taken = {"markup": False, "highlight": False, "emoji": False, **options}
    made = Console(file=file, stderr=stderr, width=width, quiet=quiet, **taken)
    if width is None and not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = WITHOUT_TERMINAL
    return made


def say(console: Console, *parts: str | tuple[str, str], style: str = "") -> None:
    """Print one text; a part with a style is a tuple. A blank is the only place where it is wrapped."""
    from rich.text import Text

    text = Text(style=style)
    for part in parts:
        words, own = (part, "") if isinstance(part, str) else part
        text.append(printable(words, console.encoding), own)
    for line in text.split("\n", allow_blank=True):
        for piece in wrapped(line, console.width) if console.is_terminal else (line,):
            console.print(piece, no_wrap=True, overflow="ignore", crop=False)


def tell(text: str, *, style: str = "", err: bool = False) -> None:
    """Print one text on standard output, or on standard error."""
    say(console(stderr=err), text, style=style)


def wrapped(line: Text, width: int) -> Iterator[Text]:
    """A line in pieces of at most `width`, cut at blanks alone: what is copied, such as a path, stays whole."""
    from rich.cells import cell_len

    cuts, used = [], 0
    for word in re.finditer(r"\s*\S+", line.plain):
        length = cell_len(word.group())
        if used and used + length > width:
            cuts.append(word.start())
            length -= len(word.group()) - len(word.group().lstrip())
            used = 0
        used += length
    for place, piece in enumerate(line.divide(cuts)):
        yield piece[len(piece) - len(piece.plain.lstrip()) :] if place else piece


def _steers(char: str) -> bool:
    return char in BIDI or unicodedata.category(char) in STEERING


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(SUBSTITUTES.get(char) or _escaped(char) for char in missing), error.end


codecs.register_error(PLAIN, _replaced)
