"""Whoever works on one method waits for that method alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from torch import Tensor

from harness.planning.benchmark import load_benchmark
from harness.planning.cells import Cell
from harness.planning.selecting import Request
from harness.registry import load_registry
from harness.running.context import open_context
from harness.running.flow_cache import open_flow_cache
from harness.running.recorder import Listener
from harness.running.store import open_run
from harness.running.workflow import execute, record_start

MINE = """
from harness.hookspecs import hookimpl
from harness.methods import Bicubic
from harness.specs import SRMethodSpec

class Mine(Bicubic):
    def upscale(self, lr, frames):
        return GAIN * super().upscale(lr, frames)

@hookimpl
def harness_sr_methods():
    yield SRMethodSpec("mine", "being worked on", f"{__name__}:Mine")
"""


class Heard(Listener):
    """Remembers which methods were computed."""

    def __init__(self) -> None:
        self.clips: list[str] = []

    def loading(self, what: str) -> None:
        """Of no interest."""

    def clip_done(self, method: str, seconds: float) -> None:
        self.clips.append(method)

    def cell_finished(self, cell: Cell, status: str, reason: str | None) -> None:
        assert status == "ok", reason


def test_after_a_change_of_its_code_that_method_is_computed_and_nothing_else(
    tmp_path: Path, made_clips: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of the others stay as they are in their files, and flow of HR frames comes from the cache."""
    benchmark = load_benchmark("mini-2").model_copy(
        update={"recognizers": {}, "pairs": [], "probes": ["psnr_y", "flow_quality"]}
    )
    data = made_clips(classes=2, per_class=1)
    estimated = count_estimated(monkeypatch)

    def run(gain: float) -> tuple[list[str], int]:
        plugin = tmp_path / f"gain{gain}" / "mine.py"
        plugin.parent.mkdir()
        plugin.write_text(f"GAIN = {gain}\n{MINE}")
        registry, before, heard = load_registry([plugin]), len(estimated), Heard()
        request = Request(benchmark, sr="bicubic,mine", data=data, device="cpu")
        context = open_context(request, registry)
        context.flow_cache = open_flow_cache(tmp_path / "flow")
        with open_run(tmp_path / "run") as folder:
            record_start(context, request, folder)
            execute(context, request, folder, registry, heard)
        return heard.clips, len(estimated) - before

    first, flows = run(0.9)
    assert sorted(first) == ["bicubic"] * 2 + ["hr"] * 2 + ["mine"] * 2
    kept = {file: file.read_bytes() for file in rows_in(tmp_path / "run")}
    second, more = run(0.8)
    assert second == ["mine"] * 2
    assert 3 * more == flows, "of HR, bicubic and mine that of mine"
    assert {file: file.read_bytes() for file in kept} == kept
    assert len(rows_in(tmp_path / "run")) == len(kept) + 2, "the cells of the changed method are others"


def count_estimated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by an item for every pair whose flow is estimated."""
    from harness_optical_flow.pairs import PairwiseFlow

    estimated: list[int] = []
    flow = PairwiseFlow.flow

    def counted(self: PairwiseFlow, first: Tensor, second: Tensor) -> Tensor:
        estimated.extend(range(len(first)))
        return flow(self, first, second)

    monkeypatch.setattr(PairwiseFlow, "flow", counted)
    return estimated


def rows_in(run: Path) -> list[Path]:
    return sorted(file for file in (run / "cells").rglob("*") if file.is_file() and file.stem == "clips")
