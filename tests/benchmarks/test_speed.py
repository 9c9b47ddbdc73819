"""Pipelines over one made clip: they must do the same work, and time all of it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from harness_benchmarks import tables
from harness_benchmarks.agreement import TOLERANCE_DB, differences, same_pictures
from harness_benchmarks.comparison import FILES, HERE, Result, Timeable, bench_request, compare, timeable
from harness_benchmarks.grid import Grid, times
from harness_benchmarks.longclip import ALL, SAME
from harness_benchmarks.measuring import STAGES
from harness_benchmarks.speed import app
from rich.console import Console
from typer.testing import CliRunner

from harness.errors import UsageError
from harness.planning.benchmark import load_benchmark
from harness.planning.cells import Part, Plan
from harness.planning.plan import plan_cells
from harness.planning.selecting import Request
from harness.registry import Registry, load_registry
from harness.running.context import RunContext
from harness.specs import RecognizerSpec

CLASSES = 2


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.fixture
def streams(tmp_path: Path, registry: Registry) -> list[Part]:
    """Both streams of TSN under the protocol of `mini-2`, for small frames and with seeded random weights."""
    from harness.weights.loading import save_state
    from harness_mmaction.networks.network import build_network, builtin_config

    spec = registry.get(RecognizerSpec, "tsn")
    protocol = {**load_benchmark("mini-2").recognizers["tsn"], "segments": 2, "short_side": 48, "input_size": 48}
    parts = []
    for stream in spec.streams:
        torch.manual_seed(1)
        network = build_network(builtin_config(stream, CLASSES, stack=5), stream)
        torch.nn.init.normal_(network.cls_head.fc_cls.weight)
        path = tmp_path / f"{stream}.safetensors"
        save_state(path, network.state_dict(), {})
        options = {**spec.options, **protocol, "checkpoint": str(path)}
        parts.append(Part(f"tsn.{stream}", spec, options, stream=stream))
    return parts


@pytest.fixture
def bench(
    tmp_path: Path, registry: Registry, streams: list[Part], made_clips: Callable[..., Path]
) -> Callable[[str], Result]:
    """Times a method over one clip, which is no multiple of the scale, after another one to warm up."""

    def run(sr: str) -> Result:
        data = made_clips(classes=CLASSES, per_class=1, frames=9, height=50, width=64)
        benchmark = load_benchmark("mini-2").model_copy(update={"recognizers": {}})
        request = bench_request(Request(benchmark, sr, data=data), clips=1)
        context = timeable(request, registry).context
        plan = with_streams(context.plan, streams)
        work = Timeable(RunContext(plan, context.dataset, context.device))
        return compare(work, request, registry, tmp_path / "bench", lambda text: None)

    return run


def with_streams(plan: Plan, streams: list[Part]) -> Plan:
    probes = [*plan.probes, *streams]
    return replace(plan, probes=probes, cells=plan_cells(plan.methods, probes, {}, plan.flow))


def test_both_pipelines_do_the_same_work_and_every_stage_is_timed(bench: Callable[[str], Result]) -> None:
    result = bench("bicubic")
    found = {d.probe: d for d in result.differences}
    assert set(found) == {"psnr_y", "ssim_y", "tsn.spatial", "tsn.temporal"}
    assert found["psnr_y"].largest < TOLERANCE_DB and found["ssim_y"].largest < 1e-5
    assert found["tsn.spatial"].largest < 1e-4
    assert 1e-4 < found["tsn.temporal"].largest < 0.5, "JPEG must change the temporal scores, but not much"
    assert (result.clips, result.methods) == (1, ["bicubic"])
    here, files = result.timings[HERE], result.timings[FILES]
    for timing in (here, files):
        assert all(timing.stages[stage] > 0 for stage in STAGES)
        assert set(timing.networks) == {"flow", "recognise"}, "bicubic has no network"
        assert all(0 < seconds <= timing.stages[stage] for stage, seconds in timing.networks.items())
        assert timing.rest > 0
    assert files.stages["degrade"] > here.stages["degrade"]
    check_what_is_shown(result)


def check_what_is_shown(result: Result) -> None:
    here, files = result.timings[HERE], result.timings[FILES]
    written = json.loads(json.dumps(result.as_json()))["pipelines"][FILES]
    assert written["ratio"] == pytest.approx(files.wall / here.wall)
    stages, shares = shown(tables.stages(result)), shown(tables.shares(result))
    assert all(stage in stages for stage in (*STAGES, "rest"))
    assert f"{100 * files.in_networks / files.wall:.1f} %" in shares
    assert times(here.elsewhere, files.elsewhere) in shares
    assert any("top-1" in line for line in tables.answers(result))


def shown(grid: Grid) -> str:
    text = io.StringIO()
    Console(file=text, width=160).print(grid.for_terminal())
    return text.getvalue()


def test_a_method_that_is_more_than_its_network_is_refused(bench: Callable[[str], Result]) -> None:
    with pytest.raises(UsageError, match="lanczos cannot be timed from files"):
        bench("lanczos")


def test_other_frames_are_noticed() -> None:
    scores = np.array([0.1, 0.9]), np.array([0.6, 0.5])
    first = {("m", "psnr_y", "a"): 30.0, ("m", "psnr_y", "b"): float("nan"), ("m", "tsn.spatial", "a"): scores[0]}
    assert same_pictures(differences(first, first))
    found = differences(first, {**first, ("m", "psnr_y", "a"): 30.001, ("m", "tsn.spatial", "a"): scores[1]})
    assert not same_pictures(found)
    assert found[1].largest == pytest.approx(0.5) and found[1].same_top1 == 0
    assert not same_pictures(differences(first, {**first, ("m", "psnr_y", "b"): 30.0})), "defined in one alone"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sr", "bicubik"], "Did you mean 'bicubic'"),
        (["--out", __file__], "this is a file; name a folder"),
        (["--device", "gpu"], "no such device"),
    ],
)
def test_the_command_says_what_is_wrong_before_the_work(arguments: list[str], message: str) -> None:
    outcome = CliRunner().invoke(app, ["--clips", "1", *arguments])
    assert outcome.exit_code == 2
    assert message in " ".join(outcome.output.split())


@pytest.mark.slow
def test_everything_is_measured_and_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``make bench`` does it, on small clips."""
    monkeypatch.setenv("COLUMNS", "200")
    threads = torch.get_num_threads()
    outcome = CliRunner().invoke(app, ["--quick", "--clips", "1", "--sr", "bicubic", "--out", str(tmp_path / "speed")])
    torch.set_num_threads(threads)  # the command sets it for its own process
    assert outcome.exit_code == 0, outcome.output
    assert "cannot run them: stresnet.joint." in outcome.output
    written = json.loads((tmp_path / "speed" / "bench.json").read_text())
    assert written["machine"]["processor"] and written["machine"]["threads"] == 1
    assert written["whole"]["methods"] == ["bicubic"] and written["whole"]["left_out"] == ["stresnet.joint"]
    check_long_clip(written["long_clip"])
    assert written["bf16"]["seconds"]["all"]["bf16"] > 0 and written["bf16"]["psnr_y_largest_difference"] > 0
    assert written["tvl1"]["mean_end_point_difference"] < 0.1 < written["tvl1"]["mean_flow"]
    assert all(found["largest_difference"] < 1e-4 for found in written["picture_quality"].values())
    assert written["second_recogniser"]["seconds_a_clip_inside_its_network"] > 0
    assert set(written["growth"]) == {"clips", "methods", "frames"}
    check_page(tmp_path / "speed")


def check_long_clip(facts: dict[str, Any]) -> None:
    """Fewer frames are looked at than there are, and the pipelines that look at the same ones agree."""
    assert facts["restored"] < facts["frames"]
    pipelines = facts["pipelines"]
    assert list(pipelines) == [HERE, SAME, ALL]
    assert next(d for d in facts["differences"] if d["probe"] == "psnr_y")["largest"] < TOLERANCE_DB


def check_page(folder: Path) -> None:
    from PIL import Image

    page = (folder / "README.md").read_text()
    assert "Never yet run on a GPU" in page and "exponent" in page and "| in process |" in page
    with Image.open(folder / "bench.png") as picture:
        assert picture.width > 800
