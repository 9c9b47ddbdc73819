"""Losses and quality over the iterations of a training: ``losses.csv`` and ``losses.png``."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from harness.training.quality import Curve, Quality, is_loss

ROWS = 200
"""About how many iterations of a training have their losses kept."""
SMALL = 1e-4
"""Losses below this are drawn on a linear scale: they may be negative."""


def every(iterations: int) -> int:
    """Iterations from one row to the next."""
    return max(1, iterations // ROWS)


def write_curves(out: Path, curves: Mapping[str, Curve], quality: Quality) -> tuple[Path, Path]:
    """Write ``losses.csv`` and ``losses.png`` to `out`, with the stages one after the other; returns their paths."""
    names = list(dict.fromkeys(key for curve in curves.values() for row in curve.values() for key in row))
    names.sort(key=lambda name: name == quality.key)
    table, picture = out / "losses.csv", out / "losses.png"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["stage", "iteration", *names])
        writer.writeheader()
        for stage, curve in curves.items():
            writer.writerows({"stage": stage, "iteration": n, **row} for n, row in curve.items())
    figure = _draw(curves, [name for name in names if is_loss(name)], quality)
    FigureCanvasAgg(figure)
    figure.savefig(picture, format="png", dpi=130, metadata={"Software": None})
    return table, picture


def _draw(curves: Mapping[str, Curve], losses: Sequence[str], quality: Quality) -> Figure:
    figure = Figure(figsize=(8, 6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    for name in losses:
        above.plot(*_points(curves, name), linewidth=0.9, label=name)
    above.set_yscale("symlog", linthresh=SMALL)
    above.set_ylabel("loss")
    if losses:
        above.legend(frameon=False, fontsize=8)
    _draw_quality(below, curves, quality)
    for axes in (above, below):
        axes.grid(color="#e4e4e4", linewidth=0.6)
        for last in list(_ends(curves))[:-1]:
            axes.axvline(last, color="#bbbbbb", linewidth=0.8)
    return figure


def _draw_quality(axes: Axes, curves: Mapping[str, Curve], quality: Quality) -> None:
    axes.plot(*_points(curves, quality.key), marker=".", color="#222222", label="held out")
    if quality.floor is not None:
        axes.axhline(quality.floor, color="#777777", linewidth=0.8, linestyle=":", label=quality.floor_title)
    axes.set_ylabel(f"{quality.title} ({quality.unit})")
    axes.set_xlabel("iteration")
    axes.legend(frameon=False, fontsize=8)


def _points(curves: Mapping[str, Curve], name: str) -> tuple[list[int], list[float]]:
    """Iterations over all stages, and values."""
    starts = [0, *_ends(curves)]
    found = [(start + n, row[name]) for start, curve in zip(starts, curves.values(), strict=False)
             for n, row in curve.items() if name in row]  # fmt: skip
    return [n for n, _ in found], [value for _, value in found]


def _ends(curves: Mapping[str, Curve]) -> Iterator[int]:
    total = 0
    for curve in curves.values():
        total += max(curve, default=0)
        yield total
