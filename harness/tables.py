"""A table in a terminal of any width: the names of its lines stay, and what of the rest does not fit is named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rich.box import SIMPLE_HEAD, Box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table as RichTable
from rich.text import Text

from harness.terminal import printable, wrapped

ASCII_HEAD = Box("    \n    \n -- \n    \n    \n -- \n    \n    \n", ascii=True)
GAP, EDGES = 2, 2
"""Columns of the terminal between two of a table, and at its two sides together."""
NAMES_AT_LEAST, WORDS_AT_LEAST = 8, 24
MOST_OF_NAMES = 0.5
"""Share of the terminal's width that names may take from other columns."""


@dataclass(frozen=True)
class Column:
    """A column. One of `names` says what a line is of: it is folded where it is too wide, and never left out.

    `words` are sentences, which are wrapped. Of the others, the lowest `rank` stays longest.
    """

    title: str
    names: bool = False
    words: bool = False
    right: bool = False
    rank: int = 0
    style: str = ""


@dataclass(frozen=True)
class Table:
    """Lines of as many cells as there are columns.

    In a narrow terminal it is continued below (`continued`), or columns are left out and a line below says which, and
    that they are in `elsewhere`.
    """

    columns: Sequence[Column]
    lines: Sequence[Sequence[str | Text]]
    title: str = ""
    elsewhere: str = ""
    continued: bool = False
    sections: Sequence[int] = field(default=())
    """Numbers of the lines that a rule follows."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = [[_printable(cell, options.encoding) for cell in line] for line in self.lines]
        widths = _widths(self.columns, lines)
        blocks = list(_blocks(self.columns, widths, options.max_width))
        for block in blocks if self.continued else blocks[:1]:
            yield self._drawn(lines, widths, block, options, first=block is blocks[0])
        left = [self.columns[i].title for block in blocks[1:] for i in block if not self.columns[i].names]
        if left and not self.continued:
            where = f"; see {self.elsewhere}" if self.elsewhere else ""
            named = ", ".join(self.columns[i].title for i in range(len(self.columns)) if self.columns[i].title in left)
            yield Line(f"not shown for want of width: {named}{where}", "dim")

    def _drawn(
        self, lines: Sequence[Sequence[Text]], widths: Sequence[int], block: Sequence[int], options: ConsoleOptions,
        first: bool,
    ) -> RichTable:  # fmt: skip
        box = ASCII_HEAD if options.ascii_only else SIMPLE_HEAD
        title = Text(printable(self.title, options.encoding)) if first and self.title else None
        table = RichTable(
            title=title, title_justify="left", box=box, padding=(0, 1, 0, 0), pad_edge=False,
            show_header=any(column.title for column in self.columns),
        )  # fmt: skip
        fitted = _fitted(self.columns, widths, block, options.max_width)
        for i in block:
            own = self.columns[i]
            table.add_column(
                Text(printable(own.title, options.encoding)), justify="right" if own.right else "left", style=own.style,
                width=fitted[i], overflow="fold",
            )  # fmt: skip
        for place, line in enumerate(lines):
            table.add_row(*(line[i] for i in block), end_section=place in self.sections)
        return table


@dataclass(frozen=True)
class Line:
    """A sentence above or below a table, wrapped at blanks alone."""

    text: str
    style: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        whole = Text(printable(self.text, options.encoding), style=self.style)
        for line in whole.split("\n", allow_blank=True):
            for piece in wrapped(line, options.max_width):
                piece.no_wrap, piece.overflow = True, "ignore"
                yield piece


def _printable(cell: str | Text, encoding: str) -> Text:
    """A cell without what steers the terminal; a styled one keeps the style of the whole."""
    style = cell.style if isinstance(cell, Text) else ""
    return Text(printable(str(cell), encoding), style=style)


def _widths(columns: Sequence[Column], lines: Sequence[Sequence[Text]]) -> list[int]:
    """The width that every column would take."""
    heads = [cell_len(column.title) for column in columns]
    cells = [[max(map(cell_len, str(cell).split("\n")), default=0) for cell in line] for line in lines]
    return [max(own) for own in zip(heads, *cells, strict=True)]


def _blocks(columns: Sequence[Column], widths: Sequence[int], width: int) -> Iterator[list[int]]:
    """The columns that fit beside the names, by rank, and then those that are left; each block in the table's order."""
    names = [i for i, column in enumerate(columns) if column.names]
    waiting = sorted((i for i in range(len(columns)) if i not in names), key=lambda i: columns[i].rank)
    while True:
        block = list(names)
        while waiting and (len(block) == len(names) or _least(columns, widths, [*block, waiting[0]], width) <= width):
            block.append(waiting.pop(0))
        yield sorted(block)
        if not waiting:
            return


def _least(columns: Sequence[Column], widths: Sequence[int], block: Sequence[int], width: int) -> int:
    """Columns of the terminal that these take when they are as narrow as they may be."""
    return EDGES + GAP * (len(block) - 1) + sum(_narrow(columns, widths, i, width) for i in block)


def _narrow(columns: Sequence[Column], widths: Sequence[int], i: int, width: int) -> int:
    if columns[i].words:
        return min(widths[i], WORDS_AT_LEAST)
    if not columns[i].names:
        return widths[i]
    names = [own for own, column in zip(widths, columns, strict=True) if column.names]
    room = int(width * MOST_OF_NAMES)
    return widths[i] if sum(names) <= room else min(widths[i], max(NAMES_AT_LEAST, room // len(names)))


def _fitted(columns: Sequence[Column], widths: Sequence[int], block: Sequence[int], width: int) -> dict[int, int]:
    """The width of every column: as narrow as it may be, and what is left over goes to names, then to words."""
    fitted = {i: _narrow(columns, widths, i, width) for i in block}
    left = width - _least(columns, widths, block, width)
    for i in sorted(block, key=lambda i: (columns[i].words, i)):
        more = max(0, min(left, widths[i] - fitted[i]))
        fitted[i] += more
        left -= more
    # a single column that is wider than the terminal is cut rather than pushing the names out
    over = -left
    for i in reversed(block):
        if over > 0 and not columns[i].names:
            less = min(over, max(0, fitted[i] - NAMES_AT_LEAST))
            fitted[i] -= less
            over -= less
    return fitted
