"""A table holds cells of one protocol: whatever of it is edited, the others are left out, named, and not lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import UnknownNameError
from harness.leaderboard.table import build
from harness.planning.benchmark import load_benchmark
from harness.planning.cells import cell_id
from harness.planning.selecting import Request
from harness.registry import load_registry
from harness.running.context import open_context
from harness.running.reading import load_run
from harness.running.recorder import Listener
from harness.running.store import RunFolder, open_run
from harness.running.workflow import execute, record_start

RECOGNIZER = """
import torch
from harness.contracts import Wants
from harness.hookspecs import hookimpl
from harness.specs import RecognizerSpec

class Blunt:
    def __init__(self, *, stream, class_names, device, weights, segments):
        self.stream, self.classes, self.segments = stream, len(class_names), segments

    def wants(self, num_frames):
        frames = tuple(range(self.segments))
        return Wants(frames=frames) if self.stream == "spatial" else Wants(pairs=tuple((f, f + 1) for f in frames))

    def scores(self, frames, flow):
        given = frames if self.stream == "spatial" else flow
        return torch.cos(given.mean() * 9 + torch.arange(self.classes))

@hookimpl
def harness_recognizers():
    yield RecognizerSpec("blunt", "looks at a mean", f"{__name__}:Blunt", {"segments": 2}, needs_weights=False)
"""
METHOD = """
from harness.hookspecs import hookimpl
from harness.specs import SRMethodSpec

class Edited:
    def __init__(self, *, scale, device, weights):
        self.scale = scale

    def upscale(self, lr, frames):
        return (lr[list(frames)] * GAIN).repeat_interleave(self.scale, -1).repeat_interleave(self.scale, -2)

@hookimpl
def harness_sr_methods():
    yield SRMethodSpec("edited", "changes while it is written", f"{__name__}:Edited")
"""
EDITS: dict[str, dict[str, Any]] = {
    "degradation": {"degradation": "gaussian:scale=4"},
    "flow": {"flow": "farneback"},
    "scale": {"scale": 2, "degradation": "bicubic:scale=2"},
    "segments": {"recognizers": {"blunt": {"segments": 3}}},
}


class Silent(Listener):
    def __init__(self) -> None:
        self.clips = 0

    def clip_done(self, method: str, seconds: float) -> None:
        self.clips += 1

    def cell_finished(self, cell: object, status: str, reason: str | None) -> None:
        assert status == "ok", reason


def do_run(request: Request, files: list[Path], out: Path) -> Silent:
    registry, listener = load_registry(files), Silent()
    context = open_context(request, registry)
    with open_run(out) as folder:
        record_start(context, request, folder)
        execute(context, request, folder, registry, listener)
    return listener


def numbers(out: Path, protocol: str | None = None) -> dict[str, dict[str, Any]]:
    """The table without what measures time."""
    board = build(load_run(out, protocol))
    return {row["sr"]: {k: v for k, v in row.items() if k != "fps"} for row in board.records}


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    file = tmp_path / "blunt.py"
    file.write_text(RECOGNIZER)
    return file


@pytest.fixture
def request_(made_clips: Callable[..., Path]) -> Request:
    changes = {"recognizers": {"blunt": {}}, "pairs": [], "probes": ["psnr_y", "flow_quality"]}
    return Request(load_benchmark("mini-2").model_copy(update=changes), sr="nearest", data=made_clips())


@pytest.mark.parametrize("edit", EDITS)
def test_cells_of_an_edited_benchmark_do_not_stay_in_the_table(
    tmp_path: Path, plugin: Path, request_: Request, edit: str
) -> None:
    edited = Request(request_.benchmark.model_copy(update=EDITS[edit]), sr="lanczos", data=request_.data)
    do_run(request_, [plugin], tmp_path / "run")
    before = numbers(tmp_path / "run")
    do_run(edited, [plugin], tmp_path / "run")
    do_run(edited, [plugin], tmp_path / "fresh")

    shown = numbers(tmp_path / "run")
    fresh = numbers(tmp_path / "fresh")
    assert set(fresh) == {"hr", "bicubic", "lanczos"}
    assert {name: shown[name] for name in fresh} == fresh
    stale = shown.get("nearest", {})  # what the edit does not concern stays, and is right
    [remark] = load_run(tmp_path / "run").remarks
    assert "cells of another protocol are left out; to see them: harness leaderboard" in remark
    name = remark.rpartition(" ")[2]
    assert numbers(tmp_path / "run", name) == before
    assert all(value is None or value == before["nearest"][key] for key, value in stale.items() if key in KEPT)
    with pytest.raises(UnknownNameError, match=f"unknown protocol .* '{name[:-1]}'"):
        load_run(tmp_path / "run", name[:-1])


KEPT = ("psnr_y", "flow_epe", "fusion_top1")


def test_a_protocol_that_comes_back_finds_its_cells_again(tmp_path: Path, plugin: Path, request_: Request) -> None:
    edited = Request(request_.benchmark.model_copy(update=EDITS["degradation"]), sr="lanczos", data=request_.data)
    do_run(request_, [plugin], tmp_path / "run")
    before = numbers(tmp_path / "run")
    do_run(edited, [plugin], tmp_path / "run")
    assert do_run(request_, [plugin], tmp_path / "run").clips == 0
    assert numbers(tmp_path / "run") == before
    [remark] = load_run(tmp_path / "run").remarks
    assert set(numbers(tmp_path / "run", remark.rpartition(" ")[2])) == {"hr", "bicubic", "lanczos"}


def test_a_folder_of_the_first_version_opens_and_says_which_cells_are_of_which_protocol(
    tmp_path: Path, plugin: Path, request_: Request
) -> None:
    do_run(request_, [plugin], tmp_path / "run")
    before = numbers(tmp_path / "run")
    age(tmp_path / "run")
    assert numbers(tmp_path / "run") == before and not load_run(tmp_path / "run").remarks

    assert do_run(request_, [plugin], tmp_path / "run").clips == 18, "its clips are not known to be the same"
    assert numbers(tmp_path / "run") == before
    [remark] = load_run(tmp_path / "run").remarks
    assert remark.startswith("12 cells of another protocol are left out; to see them: harness leaderboard")
    assert numbers(tmp_path / "run", remark.rpartition(" ")[2]) == before
    assert len(RunFolder(tmp_path / "run").cells) == 24


def age(run: Path) -> None:
    """Make a run folder what the first version wrote: no checksums, clips that count by name and size alone."""
    info = json.loads((run / "run.json").read_text())
    for key in ("check", "left_out"):
        info.pop(key, None)
    info["plan"]["split_digest"] = OLD_DIGEST
    renamed = []
    for old in info["cells"]:
        file = run / "cells" / old / "cell.json"
        facts = json.loads(file.read_text())
        identity = {**facts["identity"], "clips": OLD_DIGEST}
        for part in ("method", "probe"):
            identity[part].pop("code", None)
        renamed.append(cell_id(identity))
        kept = {key: value for key, value in facts.items() if key not in ("check", "digest", "cell")}
        file.write_text(json.dumps({**kept, "identity": identity}))
        file.parent.rename(run / "cells" / renamed[-1])
    (run / "run.json").write_text(json.dumps({**info, "cells": renamed}))


OLD_DIGEST = "0" * 12


def test_more_clips_are_another_protocol(tmp_path: Path, plugin: Path, request_: Request) -> None:
    few = Request(request_.benchmark, sr="nearest", data=request_.data, limit=3)
    do_run(few, [plugin], tmp_path / "run")
    do_run(request_, [plugin], tmp_path / "run")
    assert {row["clips"] for row in numbers(tmp_path / "run").values()} == {6}
    assert len(load_run(tmp_path / "run").remarks) == 1


def test_an_edited_plugin_is_computed_again(tmp_path: Path, plugin: Path, request_: Request) -> None:
    method = tmp_path / "edited.py"
    edited = Request(request_.benchmark, sr="edited", data=request_.data)
    found = []
    for gain in (1.0, 0.5):
        method.write_text(METHOD.replace("GAIN", str(gain)))
        listener = do_run(edited, [plugin, method], tmp_path / "run")
        found.append((listener.clips, numbers(tmp_path / "run")["edited"]["psnr_y"]))
    (_, bright), (clips, dark) = found
    assert clips == 6, "its own clips only"
    assert bright > dark + 3
    do_run(request_, [plugin], tmp_path / "run")  # without the plugin: its newest cells stay
    assert numbers(tmp_path / "run")["edited"]["psnr_y"] == dark


def test_a_clip_that_was_exchanged_is_computed_again(tmp_path: Path, plugin: Path, request_: Request) -> None:
    do_run(request_, [plugin], tmp_path / "run")
    before = numbers(tmp_path / "run")["bicubic"]["psnr_y"]
    one, other = (Path(str(request_.data)) / "test" / f"clip_{index}.mp4" for index in (0, 1))
    size = max(one.stat().st_size, other.stat().st_size)
    for file in (one, other):  # trailing zeros make both files the same size and change no frame
        file.write_bytes(file.read_bytes().ljust(size, b"\0"))
    shutil.copyfile(other, one)
    assert do_run(request_, [plugin], tmp_path / "run").clips == 18
    assert numbers(tmp_path / "run")["bicubic"]["psnr_y"] != before
