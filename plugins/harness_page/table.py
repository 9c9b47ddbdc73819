"""The table as the template draws it: plain texts, numbers to sort by, and intervals in percent of the width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.leaderboard.row import Row
from harness.leaderboard.table import Leaderboard
from harness.specs import CEILING
from harness.syntax import parts_of
from harness.terminal import shown
from harness_page.columns import Interval, PageColumn, page_columns, ranking_of

BANDS = 6
"""Colours that groups of methods take turns in."""


@dataclass(frozen=True)
class PageCell:
    """A cell: its text, what it is sorted by, an interval to draw, and whether it is marked."""

    text: str
    value: str
    interval: tuple[float, float, float] | None
    mark: str


@dataclass(frozen=True)
class PageRow:
    """A row: `band` numbers its group of rows that are not told apart, and is None for what does not compete."""

    name: str
    recognizer: str
    families: Sequence[str]
    role: str
    status: str
    note: str
    band: int | None
    cells: Sequence[PageCell]


def table_of(board: Leaderboard) -> tuple[list[PageColumn], list[PageRow]]:
    """Columns and rows, every recogniser's best first; rows without any number are left to the list of failures."""
    columns = page_columns(board)
    rows = [row for row in board.rows if row.ok or row.has_numbers]
    family, ranks = families_of(board), {name: _ranks(board, name) for name in board.recognizers}
    return columns, [_row(board, row, columns, family, ranks[row.recognizer]) for row in rows]


def families_of(board: Leaderboard) -> dict[str, str]:
    """What methods are trained for, by method, where that is known."""
    return {cell.method: cell.family for cell in board.cells if cell.family}


def _ranks(board: Leaderboard, recognizer: str | None) -> list[int]:
    return sorted({r for row in board.of(recognizer) if (r := ranking_of(board, row).rank) is not None})


def _row(
    board: Leaderboard, row: Row, columns: Sequence[PageColumn], family: dict[str, str], ranks: Sequence[int]
) -> PageRow:
    rank = ranking_of(board, row).rank
    return PageRow(
        name=shown(row.sr),
        recognizer=shown(row.recognizer or ""),
        families=list(dict.fromkeys(family[part] for part in parts_of(row.sr) if part in family)),
        role={board.floor: "floor", CEILING: "ceiling"}.get(row.sr, ""),
        status="" if row.ok else row.status,
        note=shown(row.note or ""),
        band=None if rank is None else ranks.index(rank) % BANDS,
        cells=[_cell(row, column) for column in columns],
    )


def _cell(row: Row, column: PageColumn) -> PageCell:
    value = column.value(row)
    return PageCell(
        column.text(row), "" if value is None else f"{value:.6g}", _ends(column.interval(row)), column.mark(row)
    )


def _ends(found: Interval | None) -> tuple[float, float, float] | None:
    if found is None:
        return None
    low, at, high = found
    return None if low is None or at is None or high is None else (low, at, high)
