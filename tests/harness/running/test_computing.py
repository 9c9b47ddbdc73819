"""Runs whose networks compute in tiles or in half precision: what is recorded, and what the table says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.leaderboard.table import Leaderboard, build
from harness.planning.benchmark import load_benchmark
from harness.planning.computing import Computing
from harness.planning.selecting import Request
from harness.registry import load_registry
from harness.running.context import open_context
from harness.running.reading import load_run
from harness.running.recorder import Listener
from harness.running.store import CellRecord, open_run
from harness.running.workflow import execute, record_start
from harness.weights.loading import save_state

PLUGIN = """
import os
from pathlib import Path
import torch
from harness.hookspecs import hookimpl
from harness.methods import Bicubic, FrameNetwork
from harness.specs import SRMethodSpec
from harness.weights.loading import load_into

class Enlarge(torch.nn.Module):
    def __init__(self, scale):
        super().__init__()
        self.conv, self.scale = torch.nn.Conv2d(3, 3 * scale**2, 3, padding=1), scale

    def forward(self, x):
        if x.numel() > int(os.environ["ROOM"]):
            raise MemoryError("of this test")
        return torch.nn.functional.pixel_shuffle(self.conv(x), self.scale)

class Tight(FrameNetwork):
    receptive_field = 1

def build(*, scale, device, weights, checkpoint):
    network = Enlarge(scale)
    load_into(network, Path(checkpoint))
    return Tight(network, scale=scale, device=device)

def build_other(*, scale, device, weights, checkpoint):
    return Bicubic(scale=scale, device=device)

@hookimpl
def harness_sr_methods():
    yield SRMethodSpec("tight", "a network", f"{__name__}:build", {"checkpoint": ""}, needs_weights=True)
    yield SRMethodSpec("other", "none of ours", f"{__name__}:build_other", {"checkpoint": ""}, needs_weights=True)
"""


class Silent(Listener):
    """Takes note of nothing."""


class Runs:
    """Runs of one method on two clips of 40x48 LR pixels, always into the same folder."""

    def __init__(self, folder: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.data, self.monkeypatch = folder, data, monkeypatch
        file, self.weights = folder / "tight.py", folder / "w.safetensors"
        file.write_text(PLUGIN)
        network = torch.nn.ModuleDict({"conv": torch.nn.Conv2d(3, 48, 3, padding=1)})
        save_state(self.weights, network.state_dict(), {})
        self.registry = load_registry([file])

    def __call__(self, name: str = "tight", room: int = 10**9, **computing: Any) -> Leaderboard:
        self.monkeypatch.setenv("ROOM", str(room))
        changes = {"recognizers": {}, "probes": ["psnr_y"], "pairs": []}
        benchmark = load_benchmark("mini-2").model_copy(update=changes)
        sr = f"m={name}:checkpoint={self.weights}"
        request = Request(benchmark, sr, data=self.data, device="cpu", computing=Computing(**computing))
        context = open_context(request, self.registry)
        with open_run(self.folder / "run") as folder:
            record_start(context, request, folder)
            execute(context, request, folder, self.registry, Silent())
        return build(load_run(self.folder / "run"))

    def facts(self) -> dict[str, Any]:
        files = [json.loads(file.read_text()) for file in (self.folder / "run").glob("cells/*/cell.json")]
        [found] = [facts for facts in files if facts["method"] == "m"]
        return dict(found)


def psnr(board: Leaderboard) -> float:
    return float(next(record["psnr_y"] for record in board.records if record["sr"] == "m"))


@pytest.fixture
def runs(tmp_path: Path, made_clips: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Runs:
    return Runs(tmp_path, made_clips(classes=2, per_class=1, frames=3, height=160, width=192), monkeypatch)


REMARK = "restored in tiles of 24 LR pixels a side, because memory ran out for larger ones"


def test_a_cell_whose_frames_were_tiled_says_so_under_the_table(runs: Runs) -> None:
    board = runs(room=3 * 26 * 26)
    assert runs.facts()["status"] == "ok" and runs.facts()["remarks"] == {"m": REMARK}
    assert f"m: {REMARK}." in board.notes
    assert "tile" not in runs.facts()["identity"]


def test_a_cell_that_had_memory_says_nothing(runs: Runs) -> None:
    assert not any("tiles" in note for note in runs().notes)
    assert "remarks" not in runs.facts() or runs.facts()["remarks"] is None


def test_a_resumed_cell_keeps_what_its_earlier_clips_depend_on(runs: Runs) -> None:
    runs(room=3 * 26 * 26)
    record = CellRecord(runs.folder / "run" / "cells" / runs.facts()["cell"])
    rows, facts = record.rows(), dict(record.outcome)
    (record.folder / "clips.parquet").unlink()
    record.begin({key: value for key, value in facts.items() if key not in ("remarks", "status", "digest", "clips")})
    assert "remarks" not in record.outcome  # no row is left that depends on it
    record.append(rows[0])
    record.note({"remarks": facts["remarks"]})
    runs()
    assert runs.facts()["status"] == "ok" and runs.facts()["remarks"] == {"m": REMARK}


def test_tiles_that_are_asked_for_are_another_protocol(runs: Runs) -> None:
    whole = runs()
    tiled = runs(tile=16)
    assert tiled.protocol["tiles"].startswith("16 LR pixels") and "tiles" not in whole.protocol
    assert psnr(tiled) == pytest.approx(psnr(whole), abs=1e-3)
    assert len({cell.id for cell in tiled.cells} & {cell.id for cell in whole.cells}) == 0
    assert any("another protocol" in note for note in tiled.notes)


def test_a_cell_whose_network_could_not_be_compiled_says_so_and_is_the_same(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(function: object) -> Callable[..., None]:
        def call(*given: object) -> None:
            raise RuntimeError("no such\ncompiler")

        return call

    whole = runs()
    monkeypatch.setattr(torch, "compile", failing)
    shutil.rmtree(runs.folder / "run")
    board = runs(compiled=True)
    remark = "its network runs uncompiled, because torch.compile failed: RuntimeError: no such"
    assert runs.facts()["remarks"] == {"m": remark} and f"m: {remark}." in board.notes
    assert psnr(board) == psnr(whole) and {cell.id for cell in board.cells} == {cell.id for cell in whole.cells}


def test_half_precision_is_another_protocol_with_nearly_the_same_numbers(runs: Runs) -> None:
    whole, half = runs(), runs(precision="bf16")
    assert half.protocol["precision"].startswith("bf16")
    assert 0 < abs(psnr(half) - psnr(whole)) < 0.1
    assert psnr(runs()) == psnr(whole)


@pytest.mark.parametrize(
    ("computing", "reason"),
    [
        ({"tile": 16}, "UsageError: --tile: m is none of the classes of harness.methods"),
        ({"precision": "bf16"}, "UsageError: --precision bf16: Bicubic keeps no network in the attribute `network`"),
    ],
    ids=["tile", "precision"],
)
def test_a_network_that_cannot_compute_so_fails_with_the_reason(
    runs: Runs, computing: dict[str, Any], reason: str
) -> None:
    runs("other", **computing)
    facts = runs.facts()
    assert facts["status"] == "failed" and facts["reason"].startswith(reason)
