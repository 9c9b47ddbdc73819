"""Class scores of a run's rows, joined by clip, stream by stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import UnknownNameError, UsageError
from harness.leaderboard.cells import outcome
from harness.leaderboard.streams import stream_scores
from harness.leaderboard.table import Leaderboard
from harness.specs import FLOOR, SCORED
from harness.statistics import Scores
from harness.statistics.scores import Ints

if TYPE_CHECKING:
    from harness.running.reading import RunRecord


@dataclass(frozen=True)
class Scored:
    """One recogniser's scores in one stream: methods and pairs, best first, all with the same clips in one order.

    `classes` names every score, by its number where the run folder does not name it.
    """

    recognizer: str
    stream: str
    rows: Mapping[str, Scores]
    classes: Sequence[str]
    floor: str = FLOOR
    """The row that all others are compared with."""

    @property
    def where(self) -> str:
        """Recogniser and stream in words."""
        return f"{self.recognizer}, {self.stream}"

    @property
    def clips(self) -> Scores:
        """The clips with labels and groups (and the scores of some row)."""
        return next(iter(self.rows.values()))


def predictions(scores: Scores) -> Ints:
    """The class of the highest score of every clip, ``(n,)``; the first of equal ones."""
    return np.asarray(scores.values.argmax(axis=1), dtype=np.int64)


def every_stream(board: Leaderboard, run: RunRecord) -> list[Scored]:
    """The streams of every recogniser that any row was measured in.

    Raises `UsageError` where there is none, `RunFolderError` where scores cannot be joined by clip id.
    """
    found = [scored for name in board.recognizers if name is not None for scored in _streams(board, run, name)]
    if not found:
        raise UsageError("no method of this run has class scores: it needs a recogniser whose cells are complete")
    return found


def headline_streams(board: Leaderboard, run: RunRecord, methods: Sequence[str]) -> tuple[list[Scored], list[str]]:
    """Of every recogniser the stream that ranks (``--fusion 1:0`` is the spatial one alone), with `methods` only.

    Returns also why a recogniser is left out that has not measured all of them, a line each. Raises `UnknownNameError`
    for a method or pair that the run lacks, `UsageError` where no recogniser has measured all of them.
    """
    known = {one.name for one in board.contenders}
    for method in methods:
        if method not in known:
            raise UnknownNameError("method of this run", method, known)
    every = [scored for scored in every_stream(board, run) if board.ranking[scored.recognizer] == scored.stream]
    lacking = [_missing(board, scored, method) for scored in every for method in methods if method not in scored.rows]
    whole = [scored for scored in every if set(methods) <= set(scored.rows)]
    if not whole:
        raise UsageError("; ".join(dict.fromkeys(lacking)))
    return [replace(one, rows={m: one.rows[m] for m in methods}) for one in whole], list(dict.fromkeys(lacking))


def _streams(board: Leaderboard, run: RunRecord, recognizer: str) -> list[Scored]:
    cells = [cell for cell in board.cells if cell.recognizer == recognizer]
    streams = stream_scores(board.contenders, cells, board.fusion)
    ranked = [row.sr for row in board.of(recognizer)]
    found = [_scored(run, recognizer, stream, streams[stream], ranked) for stream in SCORED if streams[stream]]
    return [replace(one, floor=board.floor) for one in found]


def _scored(run: RunRecord, recognizer: str, stream: str, rows: Mapping[str, Scores], ranked: Sequence[str]) -> Scored:
    first = next(iter(rows.values()))
    names = list(run.info["plan"].get("classes", ()))
    classes = [*names, *map(str, range(len(names), first.values.shape[1]))][: first.values.shape[1]]
    return Scored(recognizer, stream, {name: rows[name].aligned_to(first) for name in ranked if name in rows}, classes)


def _missing(board: Leaderboard, scored: Scored, method: str) -> str:
    """Why a method has no scores: the state of its cells, or that it has no such stream."""
    one = next(one for one in board.contenders if one.name == method)
    status, reason = outcome(one.cells(board.cells, scored.recognizer))
    why = f"{status}: {reason}" if status != "ok" else "it has no cells of that kind in this run"
    return f"{method} has no {scored.stream} scores of {scored.recognizer} ({why})"
