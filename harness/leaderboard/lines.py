"""Accuracy against settings, such as degradations or mixtures, a line for each row."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from harness.leaderboard.matrix import Matrix
from harness.leaderboard.plot import GREY, WIDTH_INCHES, name_ticks, to_png

COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")
"""Of Paul Tol's set that colour-blind people can tell apart."""
MARKERS = "osD^vP*X<>"
PANEL_INCHES = 4.2
REFERENCES = (":", "--", "-.")


def render(title: str, tables: Sequence[Matrix], axis: str, references: Collection[str] = ()) -> bytes:
    """PNG with a panel for each table, the same bytes for the same numbers.

    `references` are rows that others are held against: grey, without markers.
    """
    figure = Figure(figsize=(WIDTH_INCHES, 1.0 + PANEL_INCHES * len(tables)), layout="constrained")
    figure.suptitle(title, fontsize=11)
    for axes, table in zip(figure.subplots(len(tables), 1, squeeze=False)[:, 0], tables, strict=True):
        for number, (name, row) in enumerate(table.values.items()):
            heights = [np.nan if (value := row.get(setting)) is None else value for setting in table.settings]
            axes.plot(range(len(heights)), heights, label=name, **_style(name, number, list(references)))
        name_ticks(axes.xaxis, list(table.settings), rotation=20, ha="right", fontsize=8)
        axes.set_xlabel(axis)
        axes.set_title(table.title, loc="left", fontsize=10, parse_math=False)
        axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
        axes.spines[["top", "right"]].set_visible(False)
    return to_png(figure)


def _style(name: str, number: int, references: Sequence[str]) -> dict[str, Any]:
    if name in references:
        return {"color": GREY, "linestyle": REFERENCES[references.index(name) % len(REFERENCES)], "linewidth": 1.5}
    colour, marker = COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)]
    return {"color": colour, "marker": marker, "linewidth": 1.2}
