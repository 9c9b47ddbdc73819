"""Clips that are low-resolution by nature: a run without HR frames, through to the leaderboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import harness
from harness.errors import UsageError
from harness.leaderboard.markdown import render
from harness.leaderboard.table import build
from harness.leaderboard.write import write_board
from harness.planning.benchmark import find_benchmark, load_benchmark
from harness.planning.naming import wanted_methods
from harness.planning.resolving import degradation_part
from harness.planning.selecting import Request
from harness.registry import Registry, load_registry
from harness.running.context import open_context
from harness.running.recorder import Listener
from harness.running.store import open_run
from harness.running.workflow import execute, record_start

RECOGNIZER = """
import torch
from harness.contracts import Wants
from harness.hookspecs import hookimpl
from harness.specs import RecognizerSpec

class Blunt:
    def __init__(self, *, stream, class_names, device, weights):
        self.stream, self.classes = stream, len(class_names)

    def wants(self, num_frames):
        return Wants(frames=(0, 3)) if self.stream == "spatial" else Wants(pairs=((0, 1),))

    def scores(self, frames, flow):
        given = frames if self.stream == "spatial" else flow
        return torch.cos(given.mean() * 9 + torch.arange(self.classes))

@hookimpl
def harness_recognizers():
    yield RecognizerSpec("blunt", "looks at a mean", f"{__name__}:Blunt", needs_weights=False)
"""


class Quiet:
    def loading(self, what: str) -> None: ...

    def clip_done(self, method: str, seconds: float) -> None: ...

    def cell_finished(self, cell: object, status: str, reason: str | None) -> None: ...


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    file = tmp_path / "blunt.py"
    file.write_text(RECOGNIZER)
    return load_registry([file])


@pytest.fixture
def request_(tmp_path: Path, made_clips: Callable[..., Path]) -> Request:
    made = made_clips(height=17, width=21)
    data = tmp_path / "lowres" / "test"
    for index, clip in enumerate(sorted((made / "test").glob("*.mp4"))):
        (data / f"class_{index % 3}").mkdir(parents=True, exist_ok=True)
        clip.rename(data / f"class_{index % 3}" / clip.name)
    changes = {
        "sr": ["bicubic", "nearest"], "pairs": ["nearest+bicubic"], "flow": "dis", "recognizers": {"blunt": {}},
        "probes": ["psnr_y", "speed"],
    }  # fmt: skip
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(find_benchmark("lowres").read_text()), **changes}))
    return Request(load_benchmark(str(file)), data=data.parent)


def test_a_run_without_hr_frames_has_no_ceiling_and_no_picture_quality(
    tmp_path: Path, registry: Registry, request_: Request
) -> None:
    context = open_context(request_, registry)
    listener: Listener = Quiet()
    with open_run(tmp_path / "run") as folder:
        record_start(context, request_, folder)
        execute(context, request_, folder, registry, listener)
    record = harness.load_run(tmp_path / "run")
    ended = record.cells.groupby("probe")["status"].unique().map(list).to_dict()
    assert ended == {"psnr_y": ["skipped"], "speed": ["ok"], "blunt.spatial": ["ok"], "blunt.temporal": ["ok"]}
    board = build(record)
    assert {r["sr"] for r in board.records} == {"bicubic", "nearest", "nearest+bicubic"}
    assert all(r["psnr_y"] is None and r["recovered"] is None for r in board.records)
    assert all(r["fusion_top1"] is not None for r in board.records if r["sr"] == "nearest+bicubic")
    assert board.protocol["degradation"].startswith("none:") and "picture quality" not in board.protocol
    assert "| `nearest+bicubic`" in render(board) and "PSNR-Y (dB)" not in render(board)
    assert not write_board(board, record, registry, tmp_path / "run").failures  # every form that a run folder keeps


def test_hr_is_skipped_with_a_reason_where_it_is_asked_for(registry: Registry, request_: Request) -> None:
    benchmark = request_.benchmark
    assert [choice.name for choice in wanted_methods("all", registry, benchmark)] == ["bicubic", "nearest"]
    context = open_context(Request(benchmark, sr="hr", data=request_.data), registry)
    [ceiling] = [part for part in context.plan.methods if part.label == "hr"]
    assert ceiling.missing and "low-resolution by nature" in ceiling.missing


def test_there_is_nothing_to_train_on(registry: Registry, request_: Request) -> None:
    with pytest.raises(UsageError, match="no degradation: its clips are low-resolution by nature"):
        degradation_part(request_.benchmark, registry)
