"""All pairs in a terminal: columns have the rows' numbers, and continue below if the terminal is narrow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from harness.leaderboard.pairs.matrix import CAVEAT, Fusions, all_pairs
from harness.leaderboard.pairs.text import caption
from harness.leaderboard.table import Leaderboard
from harness.leaderboard.text import DASH
from harness.specs import CEILING

CELL, GAP = 6, 1
"""Columns of the terminal for ``100.0`` with the sign of the best pair, and between two cells."""
BEST_SIGN, LONE_STYLE = "*", "cyan"
SIGNS = f"{BEST_SIGN}: best pair without {CEILING}; with: number of the best partner; coloured: lone methods"


def render(board: Leaderboard) -> Group:
    """What a `rich` console prints: one matrix a recogniser, folded to the width of the terminal."""
    parts: list[RenderableType] = [Text(board.title, style="bold")]
    for fusions in all_pairs(board):
        parts += [Text(f"{fusions.recognizer}: {caption(fusions)}"), _Folded(fusions)]
    return Group(*parts, Text(SIGNS, style="dim"), Text(CAVEAT, style="dim"))


@dataclass(frozen=True)
class _Folded:
    """One matrix in as many tables below each other as the width requires."""

    fusions: Fusions

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        numbers = _numbers(self.fusions)
        label = max(len(f"{number} {name}") for name, number in numbers.items()) + 1
        room = max(1, (options.max_width - label - CELL) // (CELL + GAP))  # one cell stays for the partners
        count = len(self.fusions.temporal)
        tables = -(-count // room)
        step = -(-count // tables)  # tables of equal width rather than a short last one
        for start in range(0, count, step):
            shown = range(start, min(start + step, count))
            yield _table(self.fusions, numbers, shown, last=shown.stop == count)


def _numbers(fusions: Fusions) -> dict[str, int]:
    """One number a method, the same as row and as column."""
    names = dict.fromkeys([*fusions.spatial, *fusions.temporal])
    return {name: i for i, name in enumerate(sorted(names, key=lambda name: name == CEILING), start=1)}


def _table(fusions: Fusions, numbers: dict[str, int], shown: range, *, last: bool) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=0, pad_edge=False)
    table.add_column("spatial", overflow="fold")
    for column in shown:
        name = fusions.temporal[column]
        title = name if name not in fusions.spatial or name == CEILING else str(numbers[name])
        table.add_column(f"{title[: CELL - 2]} ", justify="right", no_wrap=True, width=CELL)
    if last:
        table.add_column("with", justify="right", no_wrap=True, width=CELL - 1)
    of_rows, of_columns = fusions.partners
    for i, name in enumerate(fusions.spatial):
        end = [_number(numbers, fusions.temporal, of_rows[i])] if last else []
        before_ceiling = i + 1 < len(fusions.spatial) and fusions.spatial[i + 1] == CEILING
        cells = (_cell(fusions, i, column) for column in shown)
        table.add_row(f"{numbers[name]} {name}", *cells, *end, end_section=before_ceiling or _is_last(fusions, i))
    partners: Iterable[str] = (_number(numbers, fusions.spatial, of_columns[column]) + " " for column in shown)
    table.add_row("with", *partners)
    return table


def _is_last(fusions: Fusions, row: int) -> bool:
    return row + 1 == len(fusions.spatial)


def _cell(fusions: Fusions, row: int, column: int) -> Text:
    best = fusions.best == (row, column)
    style = LONE_STYLE if fusions.spatial[row] == fusions.temporal[column] else ""
    return Text(f"{fusions.top1[row, column]:.1f}{BEST_SIGN if best else ' '}", style="bold" if best else style)


def _number(numbers: dict[str, int], names: tuple[str, ...], place: int | None) -> str:
    return DASH if place is None else str(numbers[names[place]])
