"""A whole run at half the rate: what every row shows to recogniser and probes, in one portion and in many."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from harness.leaderboard import console, html, markdown
from harness.leaderboard.details.classes import class_accuracies
from harness.leaderboard.table import build
from harness.planning.benchmark import load_benchmark
from harness.planning.selecting import Request
from harness.registry import load_registry
from harness.running import loop
from harness.running.context import open_context
from harness.running.reading import load_run
from harness.running.recorder import Listener
from harness.running.store import open_run
from harness.running.workflow import execute, record_start
from harness.video.degrade import Bicubic
from harness.video.frames import open_video, round_to_8_bits, to_tensor
from harness.video.imresize import imresize

ROWS = ["hr", "bicubic|hold", "bicubic|blend", "bicubic|unfilled"]


CLIP = "clip_1"


class Silent(Listener):
    """Is told nothing."""


class Runner:
    """Runs every row on made clips of seven frames."""

    def __init__(self, folder: Path, data: Path, small_benchmark: Callable[..., Path]) -> None:
        self.folder, self.data, self._small_benchmark = folder, data, small_benchmark
        self._registry = load_registry([Path(__file__).with_name("watcher.py")])

    def __call__(self, out: str, degradation: str = "frame_rate:scale=4") -> pd.DataFrame:
        file = self._small_benchmark(
            self.folder, degradation=degradation, sr=ROWS, floor="bicubic|hold", flow="change",
            recognizers={"watcher": {}}, probes=["psnr_y", "made_frames", "flow_quality"],
        )  # fmt: skip
        request = Request(load_benchmark(str(file)), data=self.data, device="cpu")
        context = open_context(request, self._registry)
        with open_run(self.folder / out) as folder:
            record_start(context, request, folder)
            execute(context, request, folder, self._registry, Silent())
        found: pd.DataFrame = load_run(self.folder / out).clips
        return found[found["clip"] == CLIP].set_index("method")

    def hr(self) -> Tensor:
        return to_tensor(open_video(self.data / "test" / f"{CLIP}.mp4").read())


@pytest.fixture
def run(small_benchmark: Callable[..., Path], made_clips: Callable[..., Path], tmp_path: Path) -> Runner:
    return Runner(tmp_path, made_clips(classes=6, per_class=1, frames=7), small_benchmark)


def shown(rows: pd.DataFrame, stream: str) -> dict[str, list[float]]:
    """What each method's rows told the recogniser."""
    return {method: list(scores) for method, scores in rows[rows["stream"] == stream]["scores"].items()}


def number(rows: pd.DataFrame, key: str) -> dict[str, float]:
    return rows[key].dropna().to_dict()


def levels(frames: Tensor) -> list[float]:
    return round_to_8_bits(frames).double().mean(dim=(1, 2, 3)).tolist()


def test_every_row_shows_its_own_frames_on_the_clock_that_it_says(run: Runner) -> None:
    rows, hr = run("out"), run.hr()
    sr = imresize(round_to_8_bits(Bicubic(4).degrade(hr[::2])), 4.0).clamp(0, 1)
    expected = {
        "hr": [7, *levels(hr[[0, 1, 6]])],
        "bicubic|hold": [7, *levels(sr[[0, 0, 3]])],
        "bicubic|blend": [7, *levels(torch.stack([sr[0], (sr[0] + sr[1]) / 2, sr[3]]))],
        "bicubic|unfilled": [4, *levels(sr[[0, 1, 3]])],
    }
    for method, scores in shown(rows, "spatial").items():
        assert scores[:4] == pytest.approx(expected[method], abs=1e-5), method
    moved = {method: scores[:3] for method, scores in shown(rows, "temporal").items()}
    assert moved["bicubic|hold"][:2] == [7, 0] and moved["bicubic|unfilled"][0] == 4
    assert moved["bicubic|unfilled"][1] == pytest.approx(moved["bicubic|hold"][2], rel=1e-5)
    assert moved["bicubic|blend"][1] == pytest.approx(moved["bicubic|hold"][2] / 2, rel=0.02)
    assert moved["bicubic|blend"][1] == pytest.approx(moved["bicubic|blend"][2], rel=0.02)


def test_made_frames_are_measured_apart_and_kept_ones_are_those_of_any_filler(run: Runner) -> None:
    rows = run("out")
    made, kept = number(rows, "psnr_made"), number(rows, "psnr_kept")
    assert set(made) == {"bicubic|hold", "bicubic|blend"} and set(kept) == {*made, "bicubic|unfilled"}
    assert len(set(kept.values())) == 1 and made["bicubic|hold"] < made["bicubic|blend"] < kept["bicubic|hold"]
    assert number(rows, "psnr_y")["bicubic|unfilled"] == pytest.approx(kept["bicubic|hold"])
    assert number(rows, "ssim_made")["hr"] == pytest.approx(1) == number(rows, "ssim_kept")["hr"]


def test_all_rows_are_compared_with_the_floor_that_the_benchmark_names(run: Runner) -> None:
    run("out")
    board = build(load_run(run.folder / "out"))
    assert board.floor == "bicubic|hold"
    gains = {row.sr: row.streams["spatial"].delta for row in board.rows}
    assert gains["bicubic|hold"] is None and gains["bicubic|blend"] == gains["bicubic|unfilled"] == 0
    for text in (markdown.render(board), html.render(board), console.plain(board)):
        assert "bicubic|hold" in text.partition("Gain")[2] + text.partition("points above")[2]
    (classes, *_) = class_accuracies(board, load_run(run.folder / "out"))
    assert not np.isnan(classes.delta).any()


def test_a_clip_in_many_portions_has_the_same_rows(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run("whole")
    monkeypatch.setattr(loop, "PORTION_PIXELS", 2 * 32 * 40)
    parts = run("parts")
    for column in ("psnr_y", "psnr_made", "ssim_kept", "flow_epe"):
        assert number(parts, column) == pytest.approx(number(whole, column)), column
    for stream in ("spatial", "temporal"):
        assert shown(parts, stream) == shown(whole, stream)


def test_of_blended_frames_none_is_kept_and_the_clip_ends_with_the_last_one(run: Runner) -> None:
    rows, hr = run("out", "frame_rate:scale=4,keep=4,blend=true"), run.hr()
    means = round_to_8_bits(Bicubic(4).degrade(hr)).split(4)
    sr = imresize(round_to_8_bits(torch.stack([part.mean(dim=0) for part in means])), 4.0).clamp(0, 1)
    found = shown(rows, "spatial")
    assert found["bicubic|hold"][:4] == pytest.approx([7, *levels(sr[[0, 0, 1]])], abs=1e-3)
    assert found["bicubic|blend"][:4] == pytest.approx([7, *levels(sr[[0, 0, 1]])], abs=1e-3)
    assert found["bicubic|unfilled"][0] == 2
    assert set(number(rows, "psnr_kept")) <= {"bicubic|hold", "bicubic|blend", "bicubic|unfilled"}
