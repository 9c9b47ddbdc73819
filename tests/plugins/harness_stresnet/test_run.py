"""A run with a joint stream: lone methods, and a pair whose frames and flow come from two methods."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import harness
from harness.datasets.annotated import AnnotatedDataset
from harness.leaderboard.table import Leaderboard, build
from harness.planning.benchmark import load_benchmark
from harness.planning.cells import Cell, cell_id
from harness.planning.plan import method_part
from harness.planning.resolving import degradation_part, flow_part
from harness.planning.selecting import Request
from harness.registry import load_registry
from harness.running.build import build_degradation, build_flow, build_method
from harness.running.context import RunContext, open_context
from harness.running.pipeline import JointClip, RestoredClip, SourceClip, restore
from harness.running.portions import Needs
from harness.running.recorder import Listener
from harness.running.store import open_run
from harness.running.timing import Stopwatch
from harness.running.workflow import execute, outcome_of, record_start

CPU = torch.device("cpu")
OPTIONS = "depth=26,width=4,stack=2,segments=5,short_side=32,input_size=32"
PAIR = "nearest+bicubic"


class Silent(Listener):
    def cell_finished(self, cell: Cell, status: str, reason: str | None) -> None:
        assert status == "ok", f"{cell.label} x {cell.probe.label}: {reason}"


@pytest.fixture
def plan_of(
    checkpoint: Callable[..., Path], made_clips: Callable[..., Path]
) -> Callable[[str], tuple[RunContext, Request]]:
    data, file = made_clips(height=33, width=42), checkpoint(3)
    benchmark = load_benchmark("mini-2").model_copy(update={"recognizers": {}, "probes": ["psnr_y"]})

    def make(sr: str) -> tuple[RunContext, Request]:
        request = Request(benchmark, sr, f"stresnet:checkpoint={file},{OPTIONS}", limit=3, data=data, device="cpu")
        return open_context(request, load_registry()), request

    return make


def run(context: RunContext, request: Request, out: Path) -> tuple[Leaderboard, pd.DataFrame]:
    with open_run(out) as folder:
        record_start(context, request, folder)
        execute(context, request, folder, load_registry(), Silent())
        assert not outcome_of(context.plan, folder).failed
    record = harness.load_run(out)
    joint = record.clips[record.clips["stream"] == "joint"].drop(columns="method")
    return build(record), joint.merge(record.cells[["cell", "method", "temporal"]], on="cell")


def column(table: pd.DataFrame, method: str, temporal: str, name: str) -> np.ndarray:
    rows = table[(table["method"] == method) & (table["temporal"] == temporal)].sort_values("clip")
    assert len(rows) == 3
    return np.stack(list(rows[name]))


def test_a_pair_is_its_own_cell_with_both_methods_in_its_identity(
    plan_of: Callable[[str], tuple[RunContext, Request]],
) -> None:
    plan = plan_of(f"{PAIR},bicubic+nearest")[0].plan
    cells = {cell.label: cell for cell in plan.cells if cell.probe.stream == "joint"}
    assert set(cells) == {"hr", "bicubic", "nearest", PAIR, "bicubic+nearest"}
    assert len({cell.id for cell in plan.cells}) == len(plan.cells)
    pair, lone = cells[PAIR], cells["nearest"]
    changed = {key for key in pair.identity if pair.identity[key] != lone.identity[key]}
    assert changed == {"temporal"} and pair.identity["temporal"] == cells["bicubic"].identity["method"]
    assert pair.id.startswith("nearest_bicubic-stresnet-joint-") and lone.id.startswith("nearest-stresnet-joint-")
    assert cell_id(json.loads(json.dumps(pair.identity))) == pair.id
    assert all("temporal" not in cell.identity for cell in plan.cells if cell.probe.stream is None)
    without = plan_of("nearest")[0].plan
    assert {cell.id for cell in plan.cells} - {cell.id for cell in without.cells} == {
        pair.id,
        cells["bicubic+nearest"].id,
    }
    stopped = replace(pair, temporal=replace(pair.method, label="other", missing="no weights"))
    assert stopped.skipped == "no weights"


def test_the_temporal_method_of_a_pair_supplies_its_flow_alone(
    tmp_path: Path, plan_of: Callable[[str], tuple[RunContext, Request]]
) -> None:
    board, found = run(*plan_of(PAIR), tmp_path / "run")
    for method, temporal in (("nearest", "nearest"), ("bicubic", "bicubic"), ("nearest", "bicubic")):
        spatial, moves = (column(found, method, temporal, f"{name}_scores") for name in ("spatial", "temporal"))
        fused = column(found, method, temporal, "scores")
        np.testing.assert_allclose(fused, (spatial + moves) / 2, rtol=1e-5, atol=1e-6)
    # the motion stream sees flow alone: the pair's is that of its temporal method
    pair = column(found, "nearest", "bicubic", "temporal_scores")
    np.testing.assert_array_equal(pair, column(found, "bicubic", "bicubic", "temporal_scores"))
    assert not np.allclose(pair, column(found, "nearest", "nearest", "temporal_scores"))
    # appearance sees frames of the one and, through the injection, flow of the other
    looks = column(found, "nearest", "bicubic", "spatial_scores")
    assert not np.allclose(looks, column(found, "nearest", "nearest", "spatial_scores"))
    assert not np.allclose(looks, column(found, "bicubic", "bicubic", "spatial_scores"))
    rows = {record["sr"]: record for record in board.records}
    assert set(rows) == {"hr", "bicubic", "nearest", PAIR}
    for name, (method, temporal) in {PAIR: ("nearest", "bicubic"), "bicubic": ("bicubic", "bicubic")}.items():
        labels = found.drop_duplicates("clip").sort_values("clip")["label"].to_numpy()
        for stream, scores in (("spatial", "spatial_scores"), ("temporal", "temporal_scores"), ("fusion", "scores")):
            right = column(found, method, temporal, scores).argmax(axis=1) == labels
            assert rows[name][f"{stream}_top1"] == pytest.approx(100 * right.mean())


def test_a_pair_may_be_added_to_a_run(tmp_path: Path, plan_of: Callable[[str], tuple[RunContext, Request]]) -> None:
    run(*plan_of("nearest"), tmp_path / "run")
    _, added = run(*plan_of(PAIR), tmp_path / "run")
    _, whole = run(*plan_of(PAIR), tmp_path / "other")
    for name in ("scores", "spatial_scores", "temporal_scores"):
        np.testing.assert_array_equal(
            column(added, "nearest", "bicubic", name), column(whole, "nearest", "bicubic", name)
        )


def test_a_joint_clip_has_frames_of_one_and_flow_of_the_other(made_clips: Callable[..., Path]) -> None:
    dataset = AnnotatedDataset(made_clips(), "made")
    benchmark, registry = load_benchmark("mini-2"), load_registry()

    def source() -> SourceClip:
        clip = dataset.clips("test")[0]
        degradation = build_degradation(degradation_part(benchmark, registry))
        flow = build_flow(flow_part(benchmark.flow, registry, "mini-2"), CPU)
        needs = Needs.at_once(range(8), range(8))
        source = SourceClip(clip, dataset.open(clip), degradation, flow, Stopwatch(CPU), CPU, needs)
        source.advance(0)
        return source

    def restored(of: SourceClip, name: str) -> RestoredClip:
        part = method_part(name, registry, benchmark)
        return restore(build_method(part, 4, CPU), of, range(4), sees_hr=False, scale=4)

    one = source()
    nearest, bicubic = restored(one, "nearest"), restored(one, "bicubic")
    joint, pairs = JointClip(nearest, bicubic), [(0, 1), (2, 3)]
    assert torch.equal(joint.sr([2, 0]), nearest.sr([2, 0]))
    assert torch.equal(joint.sr_flow(pairs), bicubic.sr_flow(pairs))
    assert not torch.equal(joint.sr_flow(pairs), nearest.sr_flow(pairs))
    assert torch.equal(joint.hr([1]), nearest.hr([1])) and torch.equal(joint.hr_flow(pairs), one.hr_flow(pairs))
    with pytest.raises(ValueError, match="frames of clip"):
        JointClip(nearest, restored(source(), "bicubic"))
