"""All pairs as a picture: a heat-map for each recogniser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from harness.leaderboard.pairs.matrix import Fusions, all_pairs
from harness.leaderboard.pairs.text import caption
from harness.leaderboard.plot import name_ticks, to_png
from harness.leaderboard.table import Leaderboard

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CELL_INCHES, MARGIN_INCHES = 0.42, 1.9
COLOURS = "viridis"


def render(board: Leaderboard) -> bytes:
    """PNG of `draw`; the same bytes for the same run."""
    return to_png(draw(board))


def draw(board: Leaderboard) -> Figure:
    """One heat-map for each recogniser, below each other; lone methods are framed thin, the best pair thick."""
    every = all_pairs(board)
    width = max(len(fusions.temporal) for fusions in every) * CELL_INCHES + MARGIN_INCHES
    heights = [len(fusions.spatial) * CELL_INCHES + MARGIN_INCHES for fusions in every]
    figure = Figure(figsize=(max(width, 6.0), sum(heights)), layout="constrained")
    figure.suptitle(board.title, fontsize=11)
    axes = figure.subplots(len(every), 1, squeeze=False, height_ratios=heights)
    for (ax,), fusions in zip(axes, every, strict=True):
        _heat_map(ax, fusions)
    return figure


def _heat_map(axes: Axes, fusions: Fusions) -> None:
    axes.imshow(fusions.top1, cmap=COLOURS, aspect="equal")
    middle = (float(fusions.top1.min()) + float(fusions.top1.max())) / 2
    title = f"{fusions.recognizer}: {caption(fusions)}".replace(" Best: ", "\nBest: ")
    for i, values in enumerate(fusions.top1.tolist()):
        for j, value in enumerate(values):
            colour = "black" if value > middle else "white"
            axes.text(j, i, f"{value:.1f}", ha="center", va="center", fontsize=7, color=colour)
    name_ticks(axes.xaxis, fusions.temporal, rotation=60, ha="right", rotation_mode="anchor")
    name_ticks(axes.yaxis, fusions.spatial)
    axes.tick_params(length=0, labelsize=8)
    axes.set_xlabel("temporal stream")
    axes.set_ylabel("spatial stream")
    axes.set_title(title, loc="left", fontsize=8)
    axes.spines[:].set_visible(False)
    _frames(axes, fusions)


def _frames(axes: Axes, fusions: Fusions) -> None:
    """Frames of lone methods and of the best pair, and a gap before the ceiling."""
    columns = {name: j for j, name in enumerate(fusions.temporal)}
    for i, name in enumerate(fusions.spatial):
        if name in columns:
            _frame(axes, i, columns[name], "#ffffff", 0.9)
    if fusions.best is not None:
        _frame(axes, *fusions.best, "#cc3311", 2.4)
    if Fusions.rivals(fusions.spatial) < len(fusions.spatial):
        axes.axhline(len(fusions.spatial) - 1.5, color="white", linewidth=4)
    if Fusions.rivals(fusions.temporal) < len(fusions.temporal):
        axes.axvline(len(fusions.temporal) - 1.5, color="white", linewidth=4)


def _frame(axes: Axes, row: int, column: int, colour: str, width: float) -> None:
    axes.add_patch(Rectangle((column - 0.46, row - 0.46), 0.92, 0.92, fill=False, edgecolor=colour, linewidth=width))
