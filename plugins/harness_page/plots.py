"""The numbers behind the plots, as JSON: points, fusions, classes, agreement. Percentages are 0 to 100."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import UsageError
from harness.leaderboard.details.classes import ClassAccuracies, class_accuracies
from harness.leaderboard.details.scored import Scored, every_stream, predictions
from harness.leaderboard.row import Row
from harness.leaderboard.streams import stream_scores
from harness.leaderboard.table import Leaderboard
from harness.leaderboard.views import known_streams
from harness.specs import CEILING, Column
from harness.statistics import LEVEL, Panel, Scores, familywise_p
from harness.statistics.scores import Bools
from harness.terminal import shown
from harness_page.table import families_of

if TYPE_CHECKING:
    from harness import RunRecord

MOST_PAIRED = 16
"""Methods of either stream in the matrix of fusions: the best, with floor and ceiling."""
FLIPS = 999
"""Patterns of signs for the tie group of so many pairs."""
STEPS = 21
"""Weights at which the fusion is computed, from one stream alone to the other."""


def plots_of(board: Leaderboard, run: RunRecord) -> dict[str, Any]:
    """Everything that the page plots. Of a run without class scores, points alone."""
    families = families_of(board)
    found: dict[str, Any] = {
        "streams": known_streams(board.rows),
        "axes": [_axis(column) for column in board.columns if _measured(board, column)],
        "points": [_point(row, families) for row in board.rows if row.ok or row.has_numbers],
        "floor": board.floor,
        "ceiling": CEILING,
        "recognizers": {},
    }
    try:
        scored = every_stream(board, run)
        classes = class_accuracies(board, run)
    except UsageError:  # no recogniser's cells are complete
        return found
    for name in (name for name in board.recognizers if name is not None):
        own = [one for one in scored if one.recognizer == name]
        found["recognizers"][shown(name)] = {
            "headline": ranking_stream(board, name),
            "agreement": {one.stream: _agreement(one) for one in own},
            "classes": {c.scored.stream: _classes(c) for c in classes if c.scored.recognizer == name},
            **_fusions(board, name),
        }
    return found


def ranking_stream(board: Leaderboard, recognizer: str) -> str:
    """The stream that ranks a recogniser's methods."""
    return board.ranking[recognizer]


def _measured(board: Leaderboard, column: Column) -> bool:
    return any(row.measures.get(column.key) is not None for row in board.rows)


def _axis(column: Column) -> dict[str, Any]:
    return {"key": column.key, "title": column.axis or column.title, "higher": column.higher_is_better}


def _point(row: Row, families: Mapping[str, str]) -> dict[str, Any]:
    accuracies = {
        stream: [own.top1, own.top1_low, own.top1_high] for stream, own in row.streams.items() if own.top1 is not None
    }
    measures = {key: float(f"{value:.5g}") for key, value in row.measures.items() if value is not None}
    family = families.get(row.sr, "")
    return {"sr": shown(row.sr), "rec": shown(row.recognizer or ""), "family": family, "acc": accuracies, "m": measures}


def _agreement(scored: Scored) -> dict[str, Any]:
    """Share of clips that two methods take for the same class, ``(methods, methods)`` in percent."""
    answers = np.stack([predictions(own) for own in scored.rows.values()])
    shares = [np.round(100.0 * (answers == own).mean(axis=1)).astype(int).tolist() for own in answers]
    return {"methods": [shown(name) for name in scored.rows], "share": shares}


def _classes(found: ClassAccuracies) -> dict[str, Any]:
    return {
        "methods": [shown(name) for name in found.methods],
        "classes": [shown(name) for name in found.names],
        "clips": found.clips.tolist(),
        "right": found.right.T.tolist(),
    }


def _fusions(board: Leaderboard, recognizer: str) -> dict[str, Any]:
    """The matrix of pairs with those that are not told apart from the best, and accuracy by the temporal weight."""
    lone = [one for one in board.contenders if not one.is_pair]
    cells = [cell for cell in board.cells if cell.recognizer == recognizer and cell.temporal is None]
    streams = stream_scores(lone, cells, board.fusion)
    spatial, temporal = streams["spatial"], streams["temporal"]
    if not spatial or not temporal:
        return {}
    ranked = [row.sr for row in board.of(recognizer)]
    both = [name for name in ranked if name in spatial and name in temporal]
    rows, columns = (_best(own, ranked, board.floor) for own in (spatial, temporal))
    return {
        "matrix": _matrix(rows, columns, board.fusion),
        "weights": _by_weight({name: (spatial[name], temporal[name]) for name in both}, board.fusion),
    }


def _best(stream: Mapping[str, Scores], ranked: Sequence[str], floor: str) -> dict[str, Scores]:
    """The best methods of a stream, with floor and ceiling, in the order of the table and the ceiling last."""
    order = sorted(stream, key=lambda name: -float(np.mean(predictions(stream[name]) == stream[name].labels)))
    kept = {*order[:MOST_PAIRED], floor, CEILING}
    names = [name for name in ranked if name in stream and name in kept]
    first = next(iter(stream.values()))
    return {name: stream[name].aligned_to(first) for name in sorted(names, key=lambda name: name == CEILING)}


def _matrix(
    spatial: Mapping[str, Scores], temporal: Mapping[str, Scores], fusion: tuple[float, float]
) -> dict[str, Any]:
    first = next(iter(spatial.values()))
    hit = _fused_hits(list(spatial.values()), [own.aligned_to(first) for own in temporal.values()], fusion)
    top1 = 100.0 * hit.mean(axis=2)
    return {
        "spatial": [shown(name) for name in spatial],
        "temporal": [shown(name) for name in temporal],
        "top1": np.round(top1, 2).tolist(),
        "tied": _tied(hit, list(spatial), list(temporal), first.groups),
    }


def _fused_hits(spatial: Sequence[Scores], temporal: Sequence[Scores], fusion: tuple[float, float]) -> Bools:
    """Whether every fusion is right, ``(spatial, temporal, clips)``."""
    labels = spatial[0].labels
    beside = np.stack([fusion[1] * own.values for own in temporal])
    return np.stack([(fusion[0] * own.values + beside).argmax(axis=-1) == labels for own in spatial])


def _tied(hit: Bools, spatial: Sequence[str], temporal: Sequence[str], groups: Sequence[str]) -> list[list[int]]:
    """Rows and columns of the pairs without the ceiling that are not told apart from the best, the best first.

    All pairs are compared at once, as the table does with its rows.
    """
    rivals = [(i, j) for i, a in enumerate(spatial) for j, b in enumerate(temporal) if CEILING not in (a, b)]
    if not rivals:
        return []
    panel = Panel(np.stack([hit[i, j] for i, j in rivals], axis=1), groups)
    best = int(np.argmax(panel.hit.sum(axis=0)))
    p = familywise_p(panel.totals, flips=FLIPS)[best]
    return [list(rivals[best]), *(list(rivals[k]) for k in np.flatnonzero(p >= LEVEL) if k != best)]


def _by_weight(pairs: Mapping[str, tuple[Scores, Scores]], fusion: tuple[float, float]) -> dict[str, Any]:
    """Accuracy of every method by the temporal stream's share of the weights, 0 to 1."""
    shares = np.linspace(0.0, 1.0, STEPS)
    lines = {}
    for name, (spatial, temporal) in pairs.items():
        other = temporal.aligned_to(spatial)
        found = [(1 - w) * spatial.values + w * other.values for w in shares]
        lines[shown(name)] = [round(100.0 * float((v.argmax(axis=1) == spatial.labels).mean()), 2) for v in found]
    total = sum(fusion)
    return {"shares": shares.round(3).tolist(), "lines": lines, "used": round(fusion[1] / total, 3) if total else None}
