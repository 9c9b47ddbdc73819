"""The matrix of all fusions: one method's spatial stream with every other method's temporal stream."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.errors import UsageError
from harness.leaderboard.streams import stream_scores
from harness.leaderboard.table import Leaderboard
from harness.specs import CEILING
from harness.statistics import Scores, fuse
from harness.statistics.scores import Floats

CAVEAT = (
    "Rows feed the spatial stream, columns the temporal one; the diagonal is the lone methods. Top-1 in percent, "
    "without intervals: differences of a few points are mostly noise, and the best of so many pairs, chosen on the "
    "clips it is scored on, is flattered. To compare a few pairs with intervals, name them: `--pairs a+b`."
)


@dataclass(frozen=True)
class Fusions:
    """All pairs of one recogniser's methods.

    `top1` ``(len(spatial), len(temporal))`` is the accuracy of the fused streams in percent, 0 to 100. Methods are in
    the order of the leaderboard with the ceiling last, which does not compete: it is never a `best`.
    """

    recognizer: str
    spatial: tuple[str, ...]
    temporal: tuple[str, ...]
    top1: Floats
    clips: int
    fusion: tuple[float, float]

    @property
    def best(self) -> tuple[int, int] | None:
        """Row and column of the best pair without the ceiling, the first of equals; None if there is no other."""
        own = self.top1[: self.rivals(self.spatial), : self.rivals(self.temporal)]
        if own.size == 0:
            return None
        row, column = np.unravel_index(int(np.argmax(own)), own.shape)
        return int(row), int(column)

    @property
    def partners(self) -> tuple[list[int | None], list[int | None]]:
        """The best column of every row and the best row of every column, never the ceiling's."""
        rows, columns = self.rivals(self.spatial), self.rivals(self.temporal)
        of_rows = [int(np.argmax(row[:columns])) if columns else None for row in self.top1]
        of_columns = [int(np.argmax(column[:rows])) if rows else None for column in self.top1.T]
        return of_rows, of_columns

    @staticmethod
    def rivals(names: tuple[str, ...]) -> int:
        """How many of the names compete: all but the ceiling, which is last."""
        return len(names) - (CEILING in names)


def all_pairs(board: Leaderboard) -> list[Fusions]:
    """The matrix of every recogniser that has both streams; a joint stream cannot be fused after the run.

    A method whose stream is incomplete has no row or no column. Raises `UsageError` if no pair can be formed and
    `RunFolderError` where scores cannot be joined by clip id.
    """
    found = [_of(board, name) for name in board.recognizers if name is not None]
    whole = [fusions for fusions in found if fusions is not None]
    if not whole:
        raise UsageError("--pairs all: no recogniser of this run has both a spatial and a temporal stream to fuse")
    return whole


def _of(board: Leaderboard, recognizer: str) -> Fusions | None:
    lone = {one.name: one for one in board.contenders if not one.is_pair}
    ranked = sorted((row.sr for row in board.of(recognizer) if row.sr in lone), key=lambda name: name == CEILING)
    cells = [cell for cell in board.cells if cell.recognizer == recognizer and cell.temporal is None]
    streams = stream_scores([lone[name] for name in ranked], cells, board.fusion)
    spatial, temporal = streams["spatial"], streams["temporal"]
    if not spatial or not temporal:
        return None
    top1 = _top1(list(spatial.values()), list(temporal.values()), board.fusion)
    clips = len(next(iter(spatial.values())).clips)
    return Fusions(recognizer, tuple(spatial), tuple(temporal), top1, clips, board.fusion)


def _top1(spatial: list[Scores], temporal: list[Scores], fusion: tuple[float, float]) -> Floats:
    """Accuracy in percent of every fusion, ``(spatial, temporal)``; equal scores go to the first class."""
    first = spatial[0]
    for scores in temporal:
        fuse(first, scores, fusion)  # refuses other clips and other classes, by name
    beside = fusion[1] * np.stack([scores.aligned_to(first).values for scores in temporal])
    lines = []
    for scores in spatial:
        fused = fusion[0] * scores.aligned_to(first).values + beside
        lines.append(100.0 * (fused.argmax(axis=-1) == first.labels).mean(axis=-1))
    return np.stack(lines)
