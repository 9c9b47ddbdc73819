"""Accuracy class by class: which classes a method helps, and which it harms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from harness.leaderboard.details.page import Page, Sheet
from harness.leaderboard.details.scored import Scored, every_stream
from harness.leaderboard.row import DIGITS, tidy
from harness.leaderboard.table import Leaderboard
from harness.leaderboard.text import signed
from harness.specs import CEILING
from harness.statistics import hits
from harness.statistics.scores import Floats, Ints
from harness.syntax import parts_of

if TYPE_CHECKING:
    from harness.running.reading import RunRecord

COLUMNS = ("recognizer", "stream", "sr", "label", "class", "clips", "right", "accuracy", "delta")
NOTES = (
    "A class has few clips, so that one more or less is many points: the counts say how many. The classes are in the "
    f"order of the mean difference of all methods but `{CEILING}`; chosen on the clips that it is shown on, it "
    "flatters the first lines and wrongs the last.",
)


@dataclass(frozen=True)
class ClassAccuracies:
    """One recogniser's stream, class by class, of classes that have clips.

    `labels` ``(classes,)`` are their numbers, ordered by the mean of all methods' differences from the floor, greatest
    first; `clips` ``(classes,)`` counts their clips, `right` ``(classes, methods)`` those that each method gets right.
    """

    scored: Scored
    labels: Ints
    clips: Ints
    right: Ints

    @property
    def methods(self) -> list[str]:
        """Methods and pairs, best first."""
        return list(self.scored.rows)

    @property
    def names(self) -> list[str]:
        """The classes' names."""
        return [self.scored.classes[label] for label in self.labels]

    @property
    def accuracy(self) -> Floats:
        """In percent, ``(classes, methods)``."""
        return 100.0 * self.right / self.clips[:, None]

    @property
    def delta(self) -> Floats:
        """Accuracy less the floor's in points, ``(classes, methods)``; NaN where the floor was not measured."""
        floor = self.scored.floor
        if floor not in self.methods:
            return np.full(self.right.shape, np.nan)
        delta = self.accuracy - self.accuracy[:, [self.methods.index(floor)]]
        return np.asarray(np.round(delta, DIGITS))  # so that equal differences are equal


def class_accuracies(board: Leaderboard, run: RunRecord) -> list[ClassAccuracies]:
    """Every stream of every recogniser. Raises `UsageError` for a run without class scores."""
    return [_of(scored) for scored in every_stream(board, run)]


def page(board: Leaderboard, run: RunRecord) -> Page:
    """Accuracies of all classes; in the flat table each method's classes are in the order of its own differences."""
    every = class_accuracies(board, run)
    return Page(
        name="classes",
        title="Class by class",
        sheets=[_sheet(one) for one in every],
        notes=NOTES,
        table=pd.DataFrame([record for one in every for record in _records(one)], columns=COLUMNS, dtype=object),
        content=[_content(one) for one in every],
    )


def _of(scored: Scored) -> ClassAccuracies:
    truth = scored.clips.labels
    labels, clips = np.unique(truth, return_counts=True)
    right = np.stack([np.bincount(truth, hits(own), len(scored.classes)) for own in scored.rows.values()], axis=1)
    found = ClassAccuracies(scored, labels, clips, right[labels].astype(np.int64))
    order = np.argsort(-_mean_delta(found), kind="stable")
    return ClassAccuracies(scored, labels[order], clips[order], found.right[order])


def _mean_delta(found: ClassAccuracies) -> Floats:
    """The mean difference of what competes: neither floor nor ceiling, nor pairs with it; zeros where nothing does."""
    floor = found.scored.floor
    columns = [i for i, name in enumerate(found.methods) if name != floor and CEILING not in parts_of(name)]
    delta = np.nan_to_num(found.delta[:, columns])
    return np.asarray(np.round(delta.mean(axis=1), DIGITS)) if columns else np.zeros(len(found.labels))


def _records(found: ClassAccuracies) -> Iterator[dict[str, Any]]:
    for column, method in enumerate(found.methods):
        for row in np.argsort(-np.nan_to_num(found.delta[:, column]), kind="stable").tolist():
            yield {
                "recognizer": found.scored.recognizer,
                "stream": found.scored.stream,
                "sr": method,
                "label": int(found.labels[row]),
                "class": found.names[row],
                "clips": int(found.clips[row]),
                "right": int(found.right[row, column]),
                "accuracy": tidy("accuracy", float(found.accuracy[row, column])),
                "delta": tidy("delta", float(found.delta[row, column])),
            }


def _content(found: ClassAccuracies) -> dict[str, Any]:
    """One recogniser's stream for programs: matrices, lines by class."""
    return {
        "recognizer": found.scored.recognizer,
        "stream": found.scored.stream,
        "sr": found.methods,
        "label": found.labels.tolist(),
        "class": found.names,
        "clips": found.clips.tolist(),
        "right": found.right.tolist(),
        "accuracy": _rounded(found.accuracy),
        "delta": _rounded(found.delta),
    }


def _rounded(values: Floats) -> list[list[float | None]]:
    return [[tidy("", value) for value in line] for line in values.tolist()]


def _sheet(found: ClassAccuracies) -> Sheet:
    total, floor = int(found.clips.sum()), found.scored.floor
    caption = f"top-1 in % of a class's clips ({total} in all), how many are right, and points above {floor}."
    lines = [[name, str(found.clips[row]), *_texts(found, row)] for row, name in enumerate(found.names)]
    return Sheet(found.scored.where, caption, ["class", "clips", *found.methods], lines, names=2)


def _texts(found: ClassAccuracies, row: int) -> Sequence[str]:
    """What a class's line says of every method, as ``75.0 (9) +25.0``."""
    delta = [None if np.isnan(value) else float(value) for value in found.delta[row]]
    return [
        f"{found.accuracy[row, column]:.1f} ({found.right[row, column]})"
        + ("" if method == found.scored.floor else f" {signed(delta[column])}")
        for column, method in enumerate(found.methods)
    ]
