"""Numbers of two fixed clips: whoever changes what stored numbers mean must raise the format version with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.planning.benchmark import load_benchmark
from harness.planning.cells import FORMAT_VERSION
from harness.planning.selecting import Request
from harness.registry import load_registry
from harness.running.context import open_context
from harness.running.recorder import Listener
from harness.running.store import open_run
from harness.running.workflow import execute, record_start

GOLDEN = Path(__file__).with_name("golden.json")
TIMED = ("seconds", "restore_seconds")
TOLERANCE = {"rtol": 2e-3, "atol": 1e-3}
"""What other processors and numbers of threads may make of the same arithmetic."""
THROUGH_FLOW = {"flow_quality": {"rtol": 2e-2, "atol": 1e-3}, "tsn.temporal": {"rtol": 1e-2, "atol": 8e-2}}
"""OpenCV's flow has other instructions on other processors: shares of bad pixels differed by 0.9 % and scores, of up to
6, by 0.04 between an AMD EPYC and an Intel Xeon."""


class Silent(Listener):
    def cell_finished(self, cell: object, status: str, reason: str | None) -> None:
        assert status == "ok", reason


def measured(out: Path) -> dict[str, dict[str, Any]]:
    """Every number and array of every row, by method, probe and clip."""
    request = Request(load_benchmark("mini-2"), sr="nearest,lanczos,vdsr,tosr", recognizer="tsn", limit=2, device="cpu")
    registry = load_registry()
    context = open_context(request, registry)
    with open_run(out) as folder:
        record_start(context, request, folder)
        execute(context, request, folder, registry, Silent())
        cells = [(f"{cell.label} {cell.probe.label}", folder.cell(cell.id).rows()) for cell in context.plan.cells]
    return {f"{name} {row['clip']}": _numbers(row) for name, rows in cells for row in rows}


def _numbers(row: dict[str, Any]) -> dict[str, Any]:
    known = (*TIMED, "clip", "label", "group")
    return {key: _plain(value) for key, value in row.items() if key not in known and value is not None}


def _plain(value: Any) -> Any:
    return [round(float(v), 5) for v in value] if isinstance(value, np.ndarray | list) else round(float(value), 5)


@pytest.mark.slow
def test_the_numbers_of_a_fixed_clip_change_only_with_the_format_version(tmp_path: Path) -> None:
    """If they are meant to change: raise `FORMAT_VERSION`, delete golden.json, and run this test twice."""
    found = measured(tmp_path / "run")
    if not GOLDEN.exists():
        GOLDEN.write_text(json.dumps({"format_version": FORMAT_VERSION, "rows": found}, indent=0, sort_keys=True))
        pytest.fail(f"{GOLDEN.name} was written: look at it, and commit it with the format version")
    golden = json.loads(GOLDEN.read_text())
    assert golden["format_version"] == FORMAT_VERSION, "write golden.json again"
    assert found.keys() == golden["rows"].keys()
    for name, row in golden["rows"].items():
        assert found[name].keys() == row.keys(), name
        for key, value in row.items():
            tolerance = THROUGH_FLOW.get(name.split()[1], TOLERANCE)
            np.testing.assert_allclose(found[name][key], value, **tolerance, err_msg=f"{name} {key}")
