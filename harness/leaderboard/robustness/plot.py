"""Accuracy against degradations, a line for each method."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from harness.leaderboard.plot import GREY, WIDTH_INCHES, name_ticks, to_png
from harness.leaderboard.robustness.measure import Robust, Robustness
from harness.specs import CEILING, FLOOR

MARKERS = "osD^vP*X<>"
COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")
"""Of Paul Tol's set that colour-blind people can tell apart."""


def render(title: str, found: Sequence[Robustness]) -> bytes:
    """PNG with a panel for each recogniser; the same bytes for the same numbers."""
    figure = Figure(figsize=(WIDTH_INCHES, 1.0 + 4.2 * len(found)), layout="constrained")
    figure.suptitle(title, fontsize=11)
    for axes, one in zip(figure.subplots(len(found), 1, squeeze=False)[:, 0], found, strict=True):
        places = range(len(one.degradations))
        for number, row in enumerate(one.rows):
            heights = [_or_nan(row, name) for name in one.degradations]
            axes.plot(places, heights, label=row.method, **_style(row, number))
        name_ticks(axes.xaxis, one.degradations, rotation=20, ha="right", fontsize=8)
        axes.set_ylabel("top-1 (%)")
        axes.set_title(f"{one.recognizer}, {one.stream}", loc="left", fontsize=10, parse_math=False)
        axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    return to_png(figure)


def _or_nan(row: Robust, degradation: str) -> float:
    value = row.accuracies[degradation]
    return np.nan if value is None else value


def _style(row: Robust, number: int) -> dict[str, object]:
    if row.method in (CEILING, FLOOR):
        return {"color": GREY, "linestyle": ":" if row.method == CEILING else "--", "linewidth": 1.5}
    return {"color": COLOURS[number % len(COLOURS)], "marker": MARKERS[number % len(MARKERS)], "linewidth": 1.2}
