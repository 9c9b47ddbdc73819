"""Flow of HR frames that is kept for later runs: they find it, with the bits that a run without a cache computes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from harness.imports import resolve_import
from harness.planning.benchmark import load_benchmark
from harness.planning.resolving import flow_part
from harness.planning.selecting import Request
from harness.registry import Registry, load_registry
from harness.running.context import open_context
from harness.running.flow_cache import FlowCache, open_flow_cache
from harness.running.kept_flow import KeptFlow, facts_of
from harness.running.recorder import Listener
from harness.running.store import open_run
from harness.running.workflow import execute, record_start
from harness.specs import FlowSpec

CPU = torch.device("cpu")
COUNTED = """
from harness.hookspecs import hookimpl
from harness.imports import resolve_import
from harness.specs import FlowSpec

class Counted:
    asked = []

    def __init__(self, *, device, finest):
        self.real = resolve_import("harness_optical_flow.dis:Dis")(finest_scale=finest)

    def flow(self, first, second):
        Counted.asked.append((first.clone(), second.clone()))
        return self.real.flow(first, second)

@hookimpl
def harness_flows():
    yield FlowSpec("counted", "dis, counting", f"{__name__}:Counted", {"finest": 0})
"""
TIMED = {"seconds", "restore_seconds"}


class Silent(Listener):
    def cell_finished(self, cell: object, status: str, reason: str | None) -> None:
        assert status == "ok", reason


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    file = tmp_path / "plugin" / "counted.py"
    file.parent.mkdir()
    file.write_text(COUNTED)
    return file


@pytest.fixture
def do_run(plugin: Path, made_clips: Callable[..., Path], tmp_path: Path) -> Callable[..., tuple[Any, list[Tensor]]]:
    """Runs a benchmark with flow; returns rows without times, and every first frame that the estimator was handed."""
    changes = {"recognizers": {}, "pairs": [], "probes": ["flow_quality", "temporal_consistency"]}
    benchmark = load_benchmark("mini-2").model_copy(update=changes)
    data = made_clips(classes=2, per_class=1)

    def run(out: str, sr: str, cache: FlowCache | None, flow: str = "counted") -> tuple[Any, list[Tensor]]:
        registry: Registry = load_registry([plugin])
        request = Request(benchmark.model_copy(update={"flow": flow}), sr=sr, data=data, device="cpu")
        context = open_context(request, registry, None)
        context.flow_cache = cache
        asked = _asked(registry)
        asked.clear()
        with open_run(tmp_path / out) as folder:
            record_start(context, request, folder)
            execute(context, request, folder, registry, Silent())
            rows = {
                (cell.label, cell.probe.label, row["clip"]): {k: repr(v) for k, v in row.items() if k not in TIMED}
                for cell in context.plan.cells
                for row in folder.cell(cell.id).rows()
            }
        return rows, [first for first, _ in asked]

    return run


def _asked(registry: Registry) -> list[Any]:
    asked: list[Any] = resolve_import(registry.get(FlowSpec, "counted").factory).asked
    return asked


def shared(first: list[Tensor], second: list[Tensor]) -> bool:
    """Whether some frames are in both."""
    return any(torch.equal(frames, other) for frames in first for other in second)


def test_a_later_method_computes_no_hr_flow_and_every_number_is_the_same(
    do_run: Callable[..., tuple[Any, list[Tensor]]], tmp_path: Path
) -> None:
    cache = open_flow_cache(tmp_path / "cache")
    _, before = do_run("run", "bicubic", cache)
    rows, asked = do_run("run", "nearest", open_flow_cache(tmp_path / "cache"))
    plain, without = do_run("plain", "nearest", None)
    assert rows == plain and len(rows) > 6
    assert asked and not shared(before, asked)
    assert shared(before, without), "HR frames, which the run without a cache asks for again"


def test_other_options_of_the_estimator_are_other_flow(
    do_run: Callable[..., tuple[Any, list[Tensor]]], tmp_path: Path
) -> None:
    cache = open_flow_cache(tmp_path / "cache")
    do_run("first", "bicubic", cache)
    files = len(list(cache.folder.iterdir()))
    coarse, _ = do_run("second", "bicubic", cache, "counted:finest=1")
    assert len(list(cache.folder.iterdir())) == 2 * files
    assert coarse == do_run("third", "bicubic", None, "counted:finest=1")[0]


class Twice:
    """Flow that says how often it was computed."""

    def __init__(self, dtype: torch.dtype = torch.float32) -> None:
        self.calls, self.dtype = 0, dtype

    def flow(self, first: Tensor, second: Tensor) -> Tensor:
        self.calls += 1
        return (first - second)[:, :2].mul(100 / 3).to(self.dtype)


@pytest.fixture
def cache(tmp_path: Path) -> FlowCache:
    return open_flow_cache(tmp_path / "cache")


def frames(seed: int, count: int = 3) -> tuple[Tensor, Tensor]:
    levels = torch.randint(256, (2, count, 3, 12, 16), generator=torch.Generator().manual_seed(seed))
    first, second = levels.float() / 255
    return first, second


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_numbers_come_back_bit_for_bit_in_their_precision(cache: FlowCache, dtype: torch.dtype) -> None:
    estimator = Twice(dtype)
    computed = KeptFlow(estimator, cache, {}).flow(*frames(0))
    found = KeptFlow(estimator, open_flow_cache(cache.folder), {}).flow(*frames(0))
    assert found.dtype == dtype and torch.equal(found, computed) and estimator.calls == 1


def test_frames_order_number_and_facts_tell_flow_apart(cache: FlowCache) -> None:
    estimator, (first, second) = Twice(), frames(0)
    asked = [(first, second), (second, first), (first[:2], second[:2]), (first.mT, second.mT)]
    for pair in (*asked, *asked):
        KeptFlow(estimator, cache, {}).flow(*pair)
    assert estimator.calls == len(asked)
    KeptFlow(estimator, cache, {"version": 2}).flow(first, second)
    assert estimator.calls == len(asked) + 1


def test_what_flow_depends_on_is_all_told() -> None:
    registry = load_registry()
    parts = [flow_part(text, registry, "mini-2") for text in ("dis", "dis:patch_size=12", "farneback")]
    facts = [facts_of(part, CPU) for part in parts]
    assert facts[0] != facts[1] != facts[2] and facts[0] == facts_of(parts[0], CPU)
    assert facts[0]["packages"]["torch"] and facts[0]["packages"]["opencv-python"]
    assert facts[0]["code"] == facts[1]["code"] and len(facts[0]["code"]) == 64


DAMAGE: list[Callable[[bytes], bytes]] = [
    lambda content: b"",
    lambda content: content[:20],
    lambda content: content[:-1],
    lambda content: content + b"\0",
    lambda content: content[:-3] + bytes([content[-3] ^ 1]) + content[-2:],
    lambda content: bytes([content[0] ^ 128]) + content[1:],
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_computed_again_and_replaced(cache: FlowCache, damage: Callable[[bytes], bytes]) -> None:
    estimator = Twice()
    kept = KeptFlow(estimator, cache, {})
    computed = kept.flow(*frames(0))
    (file,) = cache.folder.iterdir()
    sound = file.read_bytes()
    file.write_bytes(damage(sound))
    assert torch.equal(kept.flow(*frames(0)), computed) and estimator.calls == 2
    assert file.read_bytes() == sound
