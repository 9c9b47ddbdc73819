"""Heat-maps: how every class's accuracy differs from the floor, and what a method's clips are taken for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from harness.leaderboard.details.classes import ClassAccuracies, class_accuracies
from harness.leaderboard.details.confusion import Confusion, confusions
from harness.leaderboard.plot import name_ticks, to_png
from harness.leaderboard.table import Leaderboard
from harness.statistics.scores import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from harness.running.reading import RunRecord

CELL_INCHES, SMALL_INCHES, MARGIN_INCHES, LEAST_INCHES = 0.36, 0.2, 2.2, 7.0
MANY = 40
"""Lines of a matrix from which on its cells and letters are small."""
PER_CELL = 1.5
"""Width of a cell with ``100.0`` in it by its height."""


def classes_png(board: Leaderboard, run: RunRecord) -> bytes:
    """PNG of `draw_classes`; the same bytes for the same run."""
    return to_png(draw_classes(board, run))


def confusion_png(board: Leaderboard, run: RunRecord, method: str) -> bytes:
    """PNG of `draw_confusion`; the same bytes for the same run."""
    return to_png(draw_confusion(board, run, method))


def draw_classes(board: Leaderboard, run: RunRecord) -> Figure:
    """One heat-map a stream: accuracies in percent, coloured by the difference from the floor (white: none)."""
    every = class_accuracies(board, run)
    shapes = [(len(one.labels), PER_CELL * len(one.methods)) for one in every]
    figure, axes = _figure(f"{board.title}\nclass by class; colour: points above {board.floor}", shapes)
    for ax, one in zip(axes, every, strict=True):
        _classes(ax, one)
    return figure


def draw_confusion(board: Leaderboard, run: RunRecord, method: str) -> Figure:
    """One heat-map a recogniser: counts of clips, coloured by the share of their class."""
    every, _ = confusions(board, run, method)
    shapes = [(len(found.counts), len(found.counts)) for found in every]
    figure, axes = _figure(f"{board.title}\nconfusions of {method}", shapes)
    for ax, found in zip(axes, every, strict=True):
        _confusion(ax, found)
    return figure


def _figure(title: str, shapes: Sequence[tuple[int, float]]) -> tuple[Figure, list[Axes]]:
    """A figure with axes below each other for matrices of these numbers of lines and columns."""
    cells = [SMALL_INCHES if lines >= MANY else CELL_INCHES for lines, _ in shapes]
    heights = [lines * cell + MARGIN_INCHES for (lines, _), cell in zip(shapes, cells, strict=True)]
    width = max(columns * cell + MARGIN_INCHES for (_, columns), cell in zip(shapes, cells, strict=True))
    figure = Figure(figsize=(max(width, LEAST_INCHES), sum(heights)), layout="constrained")
    figure.suptitle(title, fontsize=11)
    return figure, list(figure.subplots(len(shapes), 1, squeeze=False, height_ratios=heights)[:, 0])


def _classes(axes: Axes, one: ClassAccuracies) -> None:
    delta = np.nan_to_num(one.delta)
    end = max(float(np.abs(delta).max()), 1.0)
    axes.imshow(delta, cmap="RdBu", vmin=-end, vmax=end, aspect="auto")
    _texts(axes, [[f"{value:.1f}" for value in line] for line in one.accuracy.tolist()], np.abs(delta) / end)
    names = [f"{name} ({clips})" for name, clips in zip(one.names, one.clips.tolist(), strict=True)]
    _labels(axes, one.scored.where, names, one.methods)
    axes.set_ylabel("class (clips)", fontsize=8)


def _confusion(axes: Axes, found: Confusion) -> None:
    share = found.counts / np.maximum(found.counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="equal")
    _texts(axes, [[str(count or "") for count in line] for line in found.counts.tolist()], share)
    _labels(axes, found.scored.where, found.scored.classes, found.scored.classes)
    axes.set_xlabel("taken for", fontsize=8)
    axes.set_ylabel("is", fontsize=8)


def _texts(axes: Axes, texts: Sequence[Sequence[str]], depth: Floats) -> None:
    """One text a cell, white where the colour is deep (`depth` from 0 to 1)."""
    for i, line in enumerate(texts):
        for j, text in enumerate(line):
            if text:
                colour = "white" if depth[i, j] > 0.6 else "black"
                cell = axes.text(j, i, text, ha="center", va="center", fontsize=_size(len(texts)), color=colour)
                cell.set_in_layout(False)  # thousands of them would take long


def _size(lines: int) -> float:
    """Points of letters in a matrix of so many lines."""
    return 4.5 if lines >= MANY else 7


def _labels(axes: Axes, title: str, lines: Sequence[str], columns: Sequence[str]) -> None:
    name_ticks(axes.xaxis, columns, rotation=60, ha="right", rotation_mode="anchor")
    name_ticks(axes.yaxis, lines)
    axes.tick_params(length=0, labelsize=_size(len(lines)) + 1)
    axes.set_title(title, loc="left", fontsize=8)
    axes.spines[:].set_visible(False)
