"""The picture of two errors against each other."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from harness.leaderboard.lines import COLOURS
from harness.leaderboard.plot import GREY, to_png

WIDTH, HEIGHT = 6.8, 5.0
"""In inches."""


def points(title: str, found: Sequence[tuple[str, float, float]], across: str, up: str) -> bytes:
    """PNG with a point for each name, joined in their order. Both axes have one scale, as they have one unit."""
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    figure.suptitle(title, fontsize=11)
    axes = figure.subplots()
    axes.plot([x for _, x, _ in found], [y for _, _, y in found], color=GREY, linewidth=0.8, zorder=1)
    axes.scatter([x for _, x, _ in found], [y for _, _, y in found], s=30, color=COLOURS[0], zorder=2)
    names: dict[tuple[float, float], list[str]] = {}
    for name, x, y in found:
        names.setdefault((x, y), []).append(name)
    for place, sharing in names.items():
        axes.annotate(
            ", ".join(sharing), place, xytext=(4, 4), textcoords="offset points", fontsize=8, parse_math=False
        )
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.set_aspect("equal", adjustable="datalim")
    axes.spines[["top", "right"]].set_visible(False)
    return to_png(figure)
