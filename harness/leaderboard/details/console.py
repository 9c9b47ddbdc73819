"""A page in a terminal: columns that do not fit go on below, after the names of their lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType

from harness.leaderboard.console import dimmed, heading
from harness.leaderboard.details import classes, confusion, flips
from harness.leaderboard.details.page import Page, Sheet
from harness.leaderboard.table import Leaderboard
from harness.specs import CLASSES, CONFUSION, FLIPS
from harness.tables import Column, Line, Table

if TYPE_CHECKING:
    from harness.running.reading import RunRecord

PAGES: Mapping[str, Callable[..., Page]] = {CLASSES: classes.page, CONFUSION: confusion.page, FLIPS: flips.page}


def render(board: Leaderboard, run: RunRecord, view: str, methods: Sequence[str]) -> Group:
    """What a `rich` console prints of a view on as many methods as it needs: one table a sheet, and how to read it."""
    page = PAGES[view](board, run, *methods)
    parts: list[RenderableType] = heading(f"{page.title}: {board.title}", board.protocol)
    for sheet in page.sheets:
        parts.append(Line(f"{sheet.heading}: {sheet.caption}"))
        parts += [_table(sheet)] if sheet.lines else []
    return Group(*parts, *dimmed(page.notes))


def _table(sheet: Sheet) -> Table:
    names = [i < sheet.names for i in range(len(sheet.head))]
    columns = [Column(sheet.head[i], names=own, right=not own, rank=i) for i, own in enumerate(names)]
    return Table(columns, sheet.lines, continued=True)
