"""A page in a terminal: columns that do not fit go on below, after the names of their lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from harness.leaderboard.console import PROTOCOL_SHOWN
from harness.leaderboard.details import classes, confusion, flips
from harness.leaderboard.details.page import Page, Sheet
from harness.leaderboard.table import Leaderboard
from harness.specs import CLASSES, CONFUSION, FLIPS

if TYPE_CHECKING:
    from harness.running.reading import RunRecord

PAGES: Mapping[str, Callable[..., Page]] = {CLASSES: classes.page, CONFUSION: confusion.page, FLIPS: flips.page}
GAP = 2
"""Columns of the terminal between two of the table, and at its two sides together."""


def render(board: Leaderboard, run: RunRecord, view: str, methods: Sequence[str]) -> Group:
    """What a `rich` console prints of a view on as many methods as it needs: one table a sheet, and how to read it."""
    page = PAGES[view](board, run, *methods)
    parts: list[RenderableType] = [Text(f"{page.title}: {board.title}", style="bold")]
    parts += [Text(f"{key}: {board.protocol[key]}", style="dim") for key in PROTOCOL_SHOWN if key in board.protocol]
    for sheet in page.sheets:
        parts.append(Text(f"{sheet.heading}: {sheet.caption}"))
        parts += [_Folded(sheet)] if sheet.lines else []
    return Group(*parts, *(Text(note, style="dim") for note in page.notes))


@dataclass(frozen=True)
class _Folded:
    """One sheet in as many tables below each other as the width asks for."""

    sheet: Sheet

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for columns in _blocks(self.sheet, options.max_width):
            yield _table(self.sheet, columns)


def _blocks(sheet: Sheet, width: int) -> Iterator[Sequence[int]]:
    """Columns besides the names, in blocks that fit beside them: at least one each."""
    widths = [max(map(len, texts)) + GAP for texts in zip(sheet.head, *sheet.lines, strict=True)]
    room = width - sum(widths[: sheet.names])
    block: list[int] = []
    for column in range(sheet.names, len(widths)):
        if block and sum(widths[own] for own in [*block, column]) > room:
            yield block
            block = []
        block.append(column)
    yield block


def _table(sheet: Sheet, columns: Sequence[int]) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, GAP - 1, 0, 0), pad_edge=False)
    shown = [*range(sheet.names), *columns]
    for column in shown:
        names = column < sheet.names
        table.add_column(Text(sheet.head[column]), justify="left" if names else "right", overflow="fold")
    for texts in sheet.lines:
        table.add_row(*(Text(texts[column]) for column in shown))
    return table
