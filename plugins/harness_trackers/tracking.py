"""What is told to trackers, and that none of them can stop a run."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from harness.errors import UnknownNameError, one_line
from harness.imports import resolve_import
from harness.terminal import tell

VARIABLE = "HARNESS_TRACK"
TRACKERS = {
    "mlflow": "harness_trackers.mlflow_tracker:MLflow",
    "wandb": "harness_trackers.wandb_tracker:WeightsAndBiases",
}
REPORTS = ("leaderboard.md", "leaderboard.json", "leaderboard.csv", "leaderboard.png")
NUMBERS = re.compile(r"top1$|top5$|mean_class$")
"""Accuracies that are told; of the others intervals and tests are in the reports."""


class Tracker(Protocol):
    """One service. Any exception is told to the user, and the tracker is left alone from then on."""

    def start(self, name: str, facts: Mapping[str, str]) -> None: ...

    def count(self, counts: Mapping[str, int]) -> None: ...

    def finish(self, numbers: Mapping[str, float], files: list[Path]) -> None: ...


_active: dict[Path, dict[str, Tracker]] = {}
_counts: dict[Path, Counter[str]] = {}


def wanted() -> list[str]:
    """The trackers that ``HARNESS_TRACK`` names, as a comma list. Raises `UnknownNameError`."""
    names = [name for name in re.split(r"[,\s]+", os.environ.get(VARIABLE, "")) if name]
    for name in names:
        if name not in TRACKERS:
            raise UnknownNameError(f"tracker in {VARIABLE}", name, TRACKERS)
    return names


def started(path: Path, info: Mapping[str, Any]) -> None:
    """Begin a run with every tracker that is wanted."""
    _active[path], _counts[path] = {}, Counter()
    for name in wanted():
        _try(path, name, lambda name=name: _begin(path, name, info))  # type: ignore[misc]


def cell_finished(path: Path, status: str) -> None:
    """Tell how many cells have ended, and how."""
    if _active.get(path):
        _counts[path][status] += 1
        for name, tracker in list(_active[path].items()):
            _try(path, name, lambda tracker=tracker: tracker.count(_counts[path]))  # type: ignore[misc]


def finished(path: Path) -> None:
    """Tell the numbers of the table, and hand over its reports."""
    trackers = _active.pop(path, {})
    _counts.pop(path, None)
    files = [path / name for name in REPORTS if (path / name).is_file()]
    for name, tracker in trackers.items():
        _try(path, name, lambda tracker=tracker: tracker.finish(dict(numbers_of(path)), files))  # type: ignore[misc]


def numbers_of(path: Path) -> Iterator[tuple[str, float]]:
    """Accuracies and probes' means of every row, by ``METHOD/RECOGNISER/KEY`` in letters that services take."""
    file = path / "leaderboard.json"
    records = json.loads(file.read_text())["records"] if file.is_file() else []
    for record in records:
        place = "/".join(filter(None, (record["sr"], record["recognizer"])))
        for key, value in record.items():
            own = NUMBERS.search(key) or not re.match("spatial_|temporal_|fusion_|recovered|clips|params", key)
            if isinstance(value, int | float) and not isinstance(value, bool) and own:
                yield re.sub(r"[^\w./ -]", "_", f"{place}/{key}"), float(value)


def _begin(path: Path, name: str, info: Mapping[str, Any]) -> None:
    tracker: Tracker = resolve_import(TRACKERS[name])()
    facts = {"command": " ".join(map(str, info.get("command", ()))), **info.get("protocol", {})}
    tracker.start(path.resolve().name, {key: str(value) for key, value in facts.items()})
    _active[path][name] = tracker


def _try(path: Path, name: str, what: Callable[[], None]) -> None:
    try:
        what()
    except Exception as error:  # of a service: a run of hours is worth more
        _active.get(path, {}).pop(name, None)
        tell(f"tracker {name} was given up: {one_line(error)}", style="yellow", err=True)
