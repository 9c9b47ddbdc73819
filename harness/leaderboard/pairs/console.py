"""All pairs in a terminal: columns have the rows' numbers, and continue below if the terminal is narrow."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from harness.leaderboard.console import dimmed, heading
from harness.leaderboard.pairs.matrix import CAVEAT, Fusions, all_pairs
from harness.leaderboard.pairs.text import caption
from harness.leaderboard.table import Leaderboard
from harness.leaderboard.text import DASH
from harness.specs import CEILING
from harness.tables import Column, Line, Table

TITLE = 4
"""Letters of a method that are shown as the title of its column, if it has no number."""
BEST_SIGN, LONE_STYLE = "*", "cyan"
SIGNS = f"{BEST_SIGN}: best pair without {CEILING}; with: number of the best partner; coloured: lone methods"


def render(board: Leaderboard) -> Group:
    """What a `rich` console prints: one matrix a recogniser, folded to the width of the terminal."""
    parts: list[RenderableType] = heading(board.title, {})
    for fusions in all_pairs(board):
        parts += [Line(f"{fusions.recognizer}: {caption(fusions)}"), _table(fusions)]
    return Group(*parts, *dimmed([SIGNS, CAVEAT]))


def _numbers(fusions: Fusions) -> dict[str, int]:
    """One number a method, the same as row and as column."""
    names = dict.fromkeys([*fusions.spatial, *fusions.temporal])
    return {name: i for i, name in enumerate(sorted(names, key=lambda name: name == CEILING), start=1)}


def _table(fusions: Fusions) -> Table:
    numbers = _numbers(fusions)
    titles = [_title(fusions, numbers, name) for name in fusions.temporal]
    columns = [Column(f"{title} ", right=True, rank=rank) for rank, title in enumerate(titles)]
    of_rows, of_columns = fusions.partners
    lines: list[list[str | Text]] = []
    for i, name in enumerate(fusions.spatial):
        cells = [_cell(fusions, i, column) for column in range(len(titles))]
        lines.append([f"{numbers[name]} {name}", *cells, _number(numbers, fusions.temporal, of_rows[i])])
    partners = [_number(numbers, fusions.spatial, row) + " " for row in of_columns]
    lines.append(["with", *partners, ""])
    rules = {fusions.rivals(fusions.spatial) - 1, len(fusions.spatial) - 1}
    every = [Column("spatial", names=True), *columns, Column("with", right=True, rank=len(columns))]
    return Table(every, lines, continued=True, sections=sorted(rules))


def _title(fusions: Fusions, numbers: dict[str, int], name: str) -> str:
    return name[:TITLE] if name not in fusions.spatial or name == CEILING else str(numbers[name])


def _cell(fusions: Fusions, row: int, column: int) -> Text:
    best = fusions.best == (row, column)
    style = LONE_STYLE if fusions.spatial[row] == fusions.temporal[column] else ""
    return Text(f"{fusions.top1[row, column]:.1f}{BEST_SIGN if best else ' '}", style="bold" if best else style)


def _number(numbers: dict[str, int], names: tuple[str, ...], place: int | None) -> str:
    return DASH if place is None else str(numbers[names[place]])
