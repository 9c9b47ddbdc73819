"""Flow estimators and probes that are networks: their checkpoints are found, counted and missed like a method's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import harness
from harness.planning.benchmark import Benchmark, load_benchmark
from harness.planning.cells import Plan
from harness.planning.selecting import Request
from harness.registry import Registry, load_registry
from harness.running.context import open_context
from harness.running.recorder import Listener
from harness.running.store import open_run
from harness.running.workflow import execute, record_start
from harness.specs import FlowSpec, NetworkSpec, ProbeSpec, Weights
from harness.weights import user
from harness.weights.loading import save_state

NETWORKS = """
import torch
from harness.contracts import Measurement, Wants
from harness.hookspecs import hookimpl
from harness.specs import Column, FlowSpec, ProbeSpec, Weights
from harness.weights.loading import load_state

THERE = Weights("mini-2", "0" * 64, "elsewhere", "MIT", url="https://example.org/net.safetensors")

class Shift:
    def __init__(self, *, device, weights, gain):
        self.shift = load_state(weights)["shift"].to(device) * gain

    def flow(self, first, second):
        return self.shift.view(1, 2, 1, 1).expand(len(first), 2, *first.shape[-2:]).clone()

class Distance:
    def __init__(self, *, scale, device, weights):
        self.shift = load_state(weights)["shift"].to(device)

    def wants(self, num_frames):
        return Wants(frames=(0,))

    def measure(self, sample):
        return Measurement({"distance": float(self.shift.sum())})

@hookimpl
def harness_flows():
    yield FlowSpec("shift", "the same everywhere", f"{__name__}:Shift", {"gain": 1.0}, weights=(THERE,),
                   needs_weights=True)

@hookimpl
def harness_probes():
    yield ProbeSpec("distance", "a number", f"{__name__}:Distance", columns=(Column("distance", "distance"),),
                    weights=(THERE,), needs_weights=True)
"""


class Silent(Listener):
    """Takes note of nothing."""


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Registry]:
    """Registries with the two networks; weights that a test adds are its own."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    file = tmp_path / "networks.py"
    file.write_text(NETWORKS)
    return lambda: load_registry([file])


@pytest.fixture
def request_(made_clips: Callable[..., Path]) -> Request:
    changes = {"recognizers": {}, "pairs": [], "flow": "shift", "probes": ["psnr_y", "flow_quality", "distance"]}
    benchmark: Benchmark = load_benchmark("mini-2").model_copy(update=changes)
    return Request(benchmark, sr="nearest", data=made_clips())


def install(spec: NetworkSpec, folder: Path, shift: tuple[float, float], tag: str = "own") -> None:
    file = folder / f"{spec.name}.safetensors"
    save_state(file, {"shift": torch.tensor(shift)}, {})
    user.add(spec, file, Weights(tag, "", "elsewhere", "MIT"))


def do_run(request: Request, registry: Registry, out: Path) -> Plan:
    context = open_context(request, registry)
    with open_run(out) as folder:
        record_start(context, request, folder)
        execute(context, request, folder, registry, Silent())
    return context.plan


def test_cells_whose_flow_lacks_weights_are_skipped_with_the_command_that_gets_them(
    tmp_path: Path, fresh: Callable[[], Registry], request_: Request
) -> None:
    do_run(request_, fresh(), tmp_path / "run")
    cells = harness.load_run(tmp_path / "run").cells.groupby("probe")
    assert set(cells.get_group("psnr_y")["status"]) == {"ok"}
    for name, lacks in (("flow_quality", "shift"), ("distance", "distance")):
        assert set(cells.get_group(name)["status"]) == {"skipped"}
        reasons = cells.get_group(name)["reason"]
        assert reasons.str.endswith(f"get them with: harness weights pull {lacks} --tag mini-2").all()


def test_networks_for_flow_and_probes_get_their_checkpoint_and_count_it(
    tmp_path: Path, fresh: Callable[[], Registry], request_: Request
) -> None:
    own = Request(request_.benchmark.model_copy(update={"weights": "own"}), sr="nearest", data=request_.data)
    known = fresh()
    install(known.get(FlowSpec, "shift"), tmp_path, (3.0, 4.0))
    install(known.get(ProbeSpec, "distance"), tmp_path, (1.5, 2.0))
    plan = do_run(own, fresh(), tmp_path / "run")
    record = harness.load_run(tmp_path / "run")
    assert set(record.cells["status"]) == {"ok"}
    assert set(record.clips["distance"].dropna()) == {3.5} and set(record.clips["flow_epe"].dropna()) == {0.0}
    assert "shift:gain=1.0 (weights own, sha256 " in plan.protocol["flow"]

    ids = {cell.probe.label: cell.id for cell in plan.cells}
    user.remove("shift", "own")
    install(known.get(FlowSpec, "shift"), tmp_path, (5.0, 6.0))
    other = {cell.probe.label: cell.id for cell in open_context(own, fresh()).plan.cells}
    assert {name for name, found in other.items() if found != ids[name]} == {"flow_quality"}
