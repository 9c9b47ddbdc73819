"""The pictures of studies: lines over settings, and points of two errors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from harness.leaderboard.plot import GREY, name_ticks, to_png
from harness.studies.matrix import Matrix

COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")
MARKERS = "osD^vP*X<>"
WIDTH, HEIGHT = 9.0, 4.2
"""Of a panel, in inches."""


def lines(title: str, tables: Sequence[Matrix], axis: str) -> bytes:
    """PNG with a panel for each table, a line for each row."""
    figure = Figure(figsize=(WIDTH, 0.8 + HEIGHT * len(tables)), layout="constrained")
    figure.suptitle(title, fontsize=11)
    for axes, table in zip(figure.subplots(len(tables), 1, squeeze=False)[:, 0], tables, strict=True):
        for number, (name, row) in enumerate(table.values.items()):
            heights = [np.nan if (value := row.get(s)) is None else value for s in table.settings]
            colour, marker = COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)]
            axes.plot(range(len(heights)), heights, label=name, color=colour, marker=marker, linewidth=1.2)
        name_ticks(axes.xaxis, list(table.settings))
        axes.set_xlabel(axis)
        axes.set_title(table.title, loc="left", fontsize=10, parse_math=False)
        axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
        axes.spines[["top", "right"]].set_visible(False)
    return to_png(figure)


def points(title: str, found: Sequence[tuple[str, float, float]], across: str, up: str) -> bytes:
    """PNG with a point for each name, joined in their order."""
    figure = Figure(figsize=(WIDTH * 0.75, HEIGHT * 1.2), layout="constrained")
    figure.suptitle(title, fontsize=11)
    axes = figure.subplots()
    axes.plot([x for _, x, _ in found], [y for _, _, y in found], color=GREY, linewidth=0.8, zorder=1)
    axes.scatter([x for _, x, _ in found], [y for _, _, y in found], s=30, color=COLOURS[0], zorder=2)
    for name, x, y in found:
        axes.annotate(name, (x, y), xytext=(4, 4), textcoords="offset points", fontsize=8, parse_math=False)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.spines[["top", "right"]].set_visible(False)
    return to_png(figure)
