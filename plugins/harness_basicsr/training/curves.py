"""Losses and quality over the iterations of a training, from BasicSR's logs: ``losses.csv`` and ``losses.png``."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

Row = Mapping[str, float]
PSNR = "psnr_y"
START = re.compile(r"Start training from epoch: \d+, iter: (\d+)")
STEP = re.compile(r"iter: *([\d,]+), lr:.*?\]\s+(?:\[eta:.*?\]\s+)?(.*)$")
NUMBER = re.compile(r"(\w+): (-?[\d.]+e[+-]\d+)")
VALIDATION = re.compile(r"# psnr_y: (-?[\d.]+|inf|nan)")
THE_END = "Save the latest model."


def read_curve(folder: Path, every: int) -> dict[int, dict[str, float]]:
    """What a stage logged, by iteration: losses, and ``psnr_y`` of the validations, of which there is one in `every`.

    Of a stage that was resumed, what was done twice counts once, as it was done last.
    """
    curve: dict[int, dict[str, float]] = {}
    for log in sorted(folder.glob("train_*.log")):
        start, rows = _read(log, every)
        curve = {iteration: row for iteration, row in curve.items() if iteration <= start}
        for iteration, row in rows:
            curve.setdefault(iteration, {}).update(row)
    return dict(sorted(curve.items()))


def _read(log: Path, every: int) -> tuple[int, list[tuple[int, dict[str, float]]]]:
    """Iteration that a log begins after, and its rows."""
    start, validated, rows = 0, 0, list[tuple[int, dict[str, float]]]()
    for line in log.read_text(encoding="utf-8").splitlines():
        if found := START.search(line):
            start = validated = int(found[1])
        elif found := STEP.search(line):
            losses = {name: float(value) for name, value in NUMBER.findall(found[2])}
            rows.append((int(found[1].replace(",", "")), losses))
        elif found := VALIDATION.search(line):
            validated += every
            rows.append((validated, {PSNR: float(found[1])}))
        elif THE_END in line:
            break  # the validation that follows repeats the last one, or stands at no round iteration
    return start, rows


def write_curves(out: Path, curves: Mapping[str, Mapping[int, Row]], floor: float) -> tuple[Path, Path]:
    """``losses.csv`` and ``losses.png`` in `out` of stages by name; `floor` is bicubic's PSNR-Y in dB."""
    names = list(dict.fromkeys(key for curve in curves.values() for row in curve.values() for key in row))
    names.sort(key=lambda name: name == PSNR)
    table, picture = out / "losses.csv", out / "losses.png"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["stage", "iteration", *names])
        writer.writeheader()
        for stage, curve in curves.items():
            writer.writerows({"stage": stage, "iteration": n, **row} for n, row in curve.items())
    figure = _draw(curves, [name for name in names if name.startswith("l_")], floor)
    FigureCanvasAgg(figure)
    figure.savefig(picture, format="png", dpi=130, metadata={"Software": None})
    return table, picture


def _draw(curves: Mapping[str, Mapping[int, Row]], losses: Sequence[str], floor: float) -> Figure:
    figure = Figure(figsize=(8, 6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    for name in losses:
        above.plot(*_points(curves, name), linewidth=0.9, label=name)
    above.set_yscale("symlog", linthresh=1e-4)
    above.set_ylabel("loss")
    if losses:
        above.legend(frameon=False, fontsize=8)
    below.plot(*_points(curves, PSNR), marker=".", color="#222222", label="held-out frames")
    below.axhline(floor, color="#777777", linewidth=0.8, linestyle=":", label="bicubic")
    below.set_ylabel("PSNR on Y (dB)")
    below.set_xlabel("iteration")
    below.legend(frameon=False, fontsize=8)
    for axes in (above, below):
        axes.grid(color="#e4e4e4", linewidth=0.6)
        for last in list(_ends(curves))[:-1]:
            axes.axvline(last, color="#bbbbbb", linewidth=0.8)
    return figure


def _points(curves: Mapping[str, Mapping[int, Row]], name: str) -> tuple[list[int], list[float]]:
    """Iterations over all stages, and values."""
    starts = [0, *_ends(curves)]
    found = [(start + n, row[name]) for start, curve in zip(starts, curves.values(), strict=False)
             for n, row in curve.items() if name in row]  # fmt: skip
    return [n for n, _ in found], [value for _, value in found]


def _ends(curves: Mapping[str, Mapping[int, Row]]) -> Iterator[int]:
    total = 0
    for curve in curves.values():
        total += max(curve, default=0)
        yield total
