"""What BasicSR logs of a stage: losses and quality over the iterations, and the time spent."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

PSNR = "psnr_y"
START = re.compile(r"Start training from epoch: \d+, iter: (\d+)")
STEP = re.compile(r"iter: *([\d,]+), lr:.*?\]\s+(?:\[eta:.*?\]\s+)?(.*)$")
NUMBER = re.compile(r"(\w+): (-?[\d.]+e[+-]\d+)")
VALIDATION = re.compile(r"# psnr_y: (-?[\d.]+|inf|nan)")
THE_END = "Save the latest model."


def read_curve(folder: Path, every: int) -> dict[int, dict[str, float]]:
    """What a stage logged, by iteration: losses, and ``psnr_y`` of the validations, of which there is one in `every`.

    Iterations that a resumed stage did twice count once, as they were done last.
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


def read_logs(folder: Path) -> tuple[float, dict[str, float]]:
    """Seconds between first and last line of a stage's log files, summed, and the losses logged last."""
    seconds, losses = 0.0, dict[str, float]()
    for log in sorted(folder.glob("train_*.log")):
        text = log.read_text(encoding="utf-8")
        times = [
            datetime.fromisoformat(t.replace(",", ".")) for t in re.findall(r"^\d{4}-\S+ [\d:]+,\d{3}", text, re.M)
        ]
        seconds += (times[-1] - times[0]).total_seconds() if times else 0.0
        lines = [line for line in text.splitlines() if "iter:" in line and " l_" in line]
        if lines:
            losses = {name: float(value) for name, value in re.findall(r"(\b\w+): (-?[\d.]+e[+-]\d+)", lines[-1])}
    return seconds, losses
