"""Two runs of one protocol, row by row: what changed, and whether it can be told from chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness.errors import UsageError
from harness.leaderboard.streams import stream_scores
from harness.leaderboard.table import Leaderboard
from harness.specs import SCORED
from harness.statistics import LEVEL, Difference, Panel, Scores, accuracy, hits, holm


@dataclass(frozen=True)
class Change:
    """One method's accuracy in one stream of one recogniser in both runs, over the same clips, in percent.

    `difference` is that of the second run less the first, in points, with its 95 % interval and exact sign-flip
    p-value; `adjusted` is that p-value by Holm over everything that is compared.
    """

    sr: str
    recognizer: str
    stream: str
    first: float
    second: float
    difference: Difference
    adjusted: float

    @property
    def dropped(self) -> bool:
        """Whether the second run is worse beyond chance."""
        return self.adjusted < LEVEL and self.difference.value < 0

    @property
    def gained(self) -> bool:
        """Whether the second run is better beyond chance."""
        return self.adjusted < LEVEL and self.difference.value > 0


@dataclass(frozen=True)
class Compared:
    """Everything that both runs measured, in the order of the first, and the rows that only one of them has."""

    changes: Sequence[Change]
    only_first: Sequence[str]
    only_second: Sequence[str]

    @property
    def dropped(self) -> list[Change]:
        """Significant drops."""
        return [change for change in self.changes if change.dropped]


def compare_boards(first: Leaderboard, second: Leaderboard) -> Compared:
    """Compare two runs, whose protocol must be the same (`harness.running.merging.require_same_protocol`).

    Raises `UsageError` where they have nothing in common, `RunFolderError` where their clips differ.
    """
    found = list(_common(first, second))
    if not found:
        raise UsageError(
            "these runs have no method with class scores in common; give both the same label: --sr LABEL=NAME:..."
        )
    differences = [_difference(before, after) for *_, before, after in found]
    adjusted = holm(np.array([difference.p for difference in differences], dtype=np.float64))
    changes = [
        Change(sr, recognizer, stream, accuracy(hits(before)), accuracy(hits(after)), difference, float(p))
        for (sr, recognizer, stream, before, after), difference, p in zip(found, differences, adjusted, strict=True)
    ]
    names = [list(dict.fromkeys(row.sr for row in board.rows)) for board in (first, second)]
    return Compared(changes, [n for n in names[0] if n not in names[1]], [n for n in names[1] if n not in names[0]])


def _common(first: Leaderboard, second: Leaderboard) -> Iterator[tuple[str, str, str, Scores, Scores]]:
    for recognizer in (name for name in first.recognizers if name is not None and name in second.recognizers):
        before, after = (_streams(board, recognizer) for board in (first, second))
        for row in first.of(recognizer):
            for stream in SCORED:
                if row.sr in before[stream] and row.sr in after[stream]:
                    yield row.sr, recognizer, stream, before[stream][row.sr], after[stream][row.sr]


def _streams(board: Leaderboard, recognizer: str) -> dict[str, dict[str, Scores]]:
    cells = [cell for cell in board.cells if cell.recognizer == recognizer]
    return stream_scores(board.contenders, cells, board.fusion)


def _difference(before: Scores, after: Scores) -> Difference:
    panel = Panel(np.stack([hits(after.aligned_to(before)), hits(before)], axis=1), before.groups)
    return panel.difference([0], [1])
