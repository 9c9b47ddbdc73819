"""Accuracy of every method under every degradation, the mean, and its share of the accuracy on HR frames.

After Yi et al., Benchmarking the Robustness of Spatial-Temporal Models Against Corruptions, NeurIPS Datasets and
Benchmarks 2021 (mini-Kinetics-C): mean performance mPC, and relative performance rPC, which is mPC over the accuracy on
what was not degraded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.errors import RunFolderError
from harness.leaderboard.matrix import Matrix
from harness.leaderboard.streams import stream_scores
from harness.leaderboard.table import Leaderboard
from harness.shortening import told_apart
from harness.specs import CEILING, FLOOR
from harness.statistics import Scores
from harness.statistics.means import mean_interval
from harness.statistics.scores import Floats, hits


@dataclass(frozen=True)
class Robust:
    """One method of one recogniser; all numbers in percent.

    `accuracies` are by degradation, None where it was not measured; `mean` is over all degradations, with its 95 %
    interval over groups of clips, and `relative` its share of the accuracy on HR frames. The last four are None where a
    degradation is missing, the ends of the interval also for a single group.
    """

    method: str
    accuracies: Mapping[str, float | None]
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    relative: float | None = None


@dataclass(frozen=True)
class Robustness:
    """One recogniser, in the stream that ranks its methods; `rows` are best first, by the mean."""

    recognizer: str
    stream: str
    degradations: Sequence[str]
    rows: Sequence[Robust]
    floor: str = FLOOR

    @property
    def accuracies(self) -> Matrix:
        """Accuracy by method and degradation, which is called by what tells it from the others."""
        short = dict(zip(self.degradations, told_apart(self.degradations), strict=True))
        values = {row.method: {short[name]: top1 for name, top1 in row.accuracies.items()} for row in self.rows}
        return Matrix(f"{self.recognizer}, {self.stream}: top-1 (%)", list(short.values()), values)


def robustness_of(boards: Mapping[str, Sequence[Leaderboard]]) -> list[Robustness]:
    """A table for every recogniser. `boards` are those of each degradation: one for every seed, which are averaged.

    Raises `RunFolderError` if they are not of the same clips.
    """
    first = next(board for every in boards.values() for board in every)
    names = [name for name in first.recognizers if name]
    return [replace(_of_recognizer(boards, name, first.ranking[name]), floor=first.floor) for name in names]


def _of_recognizer(boards: Mapping[str, Sequence[Leaderboard]], recognizer: str, stream: str) -> Robustness:
    found = {name: [_hits(board, recognizer, stream) for board in every] for name, every in boards.items()}
    clips = next((scores for every in found.values() for hit in every for scores, _ in hit.values()), None)
    methods = list(dict.fromkeys(method for every in found.values() for hit in every for method in hit))
    if clips is None:
        return Robustness(recognizer, stream, list(boards), [])
    by_method = {
        method: {name: _mean_over_seeds(every, method, clips) for name, every in found.items()} for method in methods
    }
    ceiling = _total(by_method.get(CEILING, {}))
    rows = [_row(method, own, clips.groups, ceiling) for method, own in by_method.items()]
    return Robustness(
        recognizer, stream, list(boards), sorted(rows, key=lambda row: -1.0 if row.mean is None else -row.mean - 1)
    )


def _hits(board: Leaderboard, recognizer: str, stream: str) -> dict[str, tuple[Scores, Floats]]:
    own = [cell for cell in board.cells if cell.recognizer == recognizer]
    scores = stream_scores(board.contenders, own, board.fusion)[stream]
    return {method: (one, 100.0 * hits(one).astype(np.float64)) for method, one in scores.items()}


def _mean_over_seeds(every: Sequence[Mapping[str, tuple[Scores, Floats]]], method: str, clips: Scores) -> Floats | None:
    """Percent by clip, in the order of `clips`; None where a seed lacks the method."""
    if not all(method in hit for hit in every):
        return None
    return np.asarray(np.mean([_in_order(*hit[method], clips) for hit in every], axis=0))


def _in_order(scores: Scores, hit: Floats, clips: Scores) -> Floats:
    place = {clip: i for i, clip in enumerate(scores.clips)}
    if place.keys() != set(clips.clips):
        raise RunFolderError(f"the runs are not of the same clips: {scores.name} has others than {clips.name}")
    return hit[[place[clip] for clip in clips.clips]]


def _total(own: Mapping[str, Floats | None]) -> Floats | None:
    """Percent by clip, mean over degradations; None where one is missing."""
    known = [values for values in own.values() if values is not None]
    return np.asarray(np.mean(known, axis=0)) if known and len(known) == len(own) else None


def _row(method: str, own: Mapping[str, Floats | None], groups: Sequence[str], ceiling: Floats | None) -> Robust:
    accuracies = {name: None if values is None else float(values.mean()) for name, values in own.items()}
    total = _total(own)
    if total is None:
        return Robust(method, accuracies)
    mean, (low, high) = float(total.mean()), (float(end[0]) for end in mean_interval(total[:, None], groups))
    share = 100.0 * mean / float(ceiling.mean()) if ceiling is not None and ceiling.any() else None
    if np.isnan(low):
        return Robust(method, accuracies, mean, relative=share)
    return Robust(method, accuracies, mean, max(0.0, low), min(100.0, high), share)
