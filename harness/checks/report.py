"""The contract of reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.checks.base import Check, run_test
from harness.contracts import Pictures
from harness.leaderboard.reports import checked_files
from harness.leaderboard.table import build
from harness.running.reading import ROW_COLUMNS, RunRecord
from harness.running.rows import CELL_COLUMNS
from harness.specs import CEILING, FLOOR, METHODS_NEEDED, PAGE, TABLE

CLASSES, CLIPS = 3, 12
METHODS = {FLOOR: 5, "a_method": 8, CEILING: 11}
"""Methods, with the number of clips they get right."""

Render = Callable[..., object]
"""Called with a `Leaderboard`, a `RunRecord` and what its view needs: names of methods, or `Pictures`."""


def check_report(render: Render, name: str = "report", view: str = TABLE) -> list[Check]:
    """Check a report of a view on a small made-up run: three methods and a pair, one recogniser, one skipped cell."""

    def files() -> str:
        run = sample_run()
        methods = list(reversed(METHODS))[: METHODS_NEEDED.get(view, 0)]
        more = [Pictures(why_not="a made-up run has no clips")] if view == PAGE else methods
        found = checked_files(render(build(run), run, *more), name)
        return ", ".join(f"{file} ({len(content)} bytes)" for file, content in found.items())

    return [run_test("files", files)]


def sample_run() -> RunRecord:
    """A made-up run of three methods and a pair, as `harness.load_run` would read it."""
    cells, rows = [], []
    for method, right in METHODS.items():
        for stream in ("spatial", "temporal"):
            cell = _cell(method, f"sample.{stream}", recognizer="sample", stream=stream)
            cells.append(cell)
            rows += list(_rows(cell, right))
    cells.append(_cell("not_here", "sample.spatial", recognizer="sample", stream="spatial",
                       status="skipped", reason="no weights"))  # fmt: skip
    info = {
        "schema_version": 1,
        "benchmark": {"name": "sample", "title": "a made-up run", "fusion": [1.0, 1.5], "notes": []},
        "plan": {"clips": CLIPS, "dataset_clips": CLIPS, "pairs": [f"a_method+{FLOOR}"]},
        "protocol": {"scale": "x4"},
        "columns": [],
    }
    table = pd.DataFrame(rows, columns=list(ROW_COLUMNS))
    return RunRecord(Path("sample"), info, pd.DataFrame(cells, columns=list(CELL_COLUMNS)), table)


def _cell(method: str, probe: str, **facts: Any) -> dict[str, Any]:
    own = {"cell": f"{method}-{probe}", "method": method, "probe": probe, "status": "ok", "clips": CLIPS}
    return {**dict.fromkeys(CELL_COLUMNS), **own, **facts}


def _rows(cell: Mapping[str, Any], right: int) -> Iterator[dict[str, Any]]:
    shared = {key: cell[key] for key in ("cell", "method", "probe", "recognizer", "stream")}
    for index in range(CLIPS):
        label = index % CLASSES
        answer = label if index < right else (label + 1) % CLASSES
        scores = np.eye(CLASSES, dtype=np.float32)[answer]
        clip = {"clip": f"clip{index}", "label": label, "group": f"group{index // 3}", "seconds": 0.1}
        yield {**shared, **clip, "scores": scores}
