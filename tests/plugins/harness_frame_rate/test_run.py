"""A whole run at half the rate: what every row shows to recogniser and probes, in one portion and in many."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from harness.checks import drifting_texture
from harness.leaderboard import console, html, markdown
from harness.leaderboard.details.classes import class_accuracies
from harness.leaderboard.table import build
from harness.planning.benchmark import load_benchmark
from harness.planning.selecting import Request
from harness.registry import load_registry
from harness.running import loop
from harness.running.again import open_again
from harness.running.context import open_context
from harness.running.reading import load_run
from harness.running.recorder import Listener
from harness.running.store import open_run
from harness.running.workflow import execute, record_start
from harness.video.degrade import Bicubic
from harness.video.frames import open_video, round_to_8_bits, to_tensor, to_uint8, write_video
from harness.video.imresize import imresize

ROWS = ["hr", "bicubic|hold", "bicubic|blend", "bicubic|unfilled"]
CLIP = "clip_0"


class Silent(Listener):
    """Is told nothing."""


class Runner:
    """Runs every row on made clips of seven frames."""

    def __init__(self, folder: Path, data: Path, small_benchmark: Callable[..., Path]) -> None:
        self.folder, self.data, self._small_benchmark = folder, data, small_benchmark
        self.registry = load_registry([Path(__file__).with_name("watcher.py")])

    def rows(self, out: str) -> pd.DataFrame:
        """The rows of one clip, by method."""
        found: pd.DataFrame = load_run(self.folder / out).clips
        return found[found["clip"] == CLIP].set_index("method")

    def __call__(self, out: str, degradation: str = "frame_rate:scale=4") -> pd.DataFrame:
        file = self._small_benchmark(
            self.folder, degradation=degradation, sr=ROWS, floor="bicubic|hold", flow="change",
            recognizers={"watcher": {}}, probes=["psnr_y", "made_frames", "flow_quality"],
        )  # fmt: skip
        request = Request(load_benchmark(str(file)), data=self.data, device="cpu", limit=2)
        context = open_context(request, self.registry)
        with open_run(self.folder / out) as folder:
            record_start(context, request, folder)
            execute(context, request, folder, self.registry, Silent())
        return self.rows(out)

    def hr(self) -> Tensor:
        return to_tensor(open_video(self.data / "test" / f"{CLIP}.mp4").read())


def write_clips(folder: Path) -> Path:
    """Textures that drift, of six classes, in the form that data set `mini-2` reads."""
    (folder / "test").mkdir(parents=True)
    (folder / "classes.txt").write_text("".join(f"class_{label}\n" for label in range(6)))
    lines = ["id,path,label,group,num_frames"]
    for n in range(6):
        frames = drifting_texture(7, 32, 40, right=2, down=n % 2, seed=n)
        write_video(folder / "test" / f"clip_{n}.mp4", to_uint8(frames), fps=25)
        lines.append(f"clip_{n},test/clip_{n}.mp4,{n},g{n},7")
    (folder / "test.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def run(small_benchmark: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """Its run `out` is done."""
    folder = tmp_path_factory.mktemp("half-rate")
    runner = Runner(folder, write_clips(folder / "data"), small_benchmark)
    runner("out")
    return runner


def shown(rows: pd.DataFrame, stream: str) -> dict[str, list[float]]:
    """What each method's rows told the recogniser."""
    return {method: list(scores) for method, scores in rows[rows["stream"] == stream]["scores"].items()}


def number(rows: pd.DataFrame, key: str) -> dict[str, float]:
    return rows[key].dropna().to_dict()


def levels(frames: Tensor) -> list[float]:
    return round_to_8_bits(frames).double().mean(dim=(1, 2, 3)).tolist()


def test_every_row_shows_its_own_frames_on_the_clock_that_it_says(run: Runner) -> None:
    rows, hr = run.rows("out"), run.hr()
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
    rows = run.rows("out")
    made, kept = number(rows, "psnr_made"), number(rows, "psnr_kept")
    assert set(made) == {"bicubic|hold", "bicubic|blend"} and set(kept) == {*made, "bicubic|unfilled"}
    assert len(set(kept.values())) == 1 and made["bicubic|hold"] < made["bicubic|blend"] < kept["bicubic|hold"]
    assert number(rows, "psnr_y")["bicubic|unfilled"] == pytest.approx(kept["bicubic|hold"])
    assert number(rows, "ssim_made")["hr"] == pytest.approx(1) == number(rows, "ssim_kept")["hr"]


def test_all_rows_are_compared_with_the_floor_that_the_benchmark_names(run: Runner) -> None:
    board = build(load_run(run.folder / "out"))
    assert board.floor == "bicubic|hold"
    gains = {row.sr: row.streams["spatial"].delta for row in board.rows}
    assert gains["bicubic|hold"] is None and gains["bicubic|blend"] == gains["bicubic|unfilled"] == 0
    for text in (markdown.render(board), html.render(board), console.plain(board)):
        assert "bicubic|hold" in text.partition("Gain")[2] + text.partition("points above")[2]
    (classes, *_) = class_accuracies(board, load_run(run.folder / "out"))
    assert not np.isnan(classes.delta).any()


def test_clips_are_restored_again_with_the_lr_frame_nearest_to_each(run: Runner) -> None:
    again = open_again(load_run(run.folder / "out"), run.registry, run.data, torch.device("cpu"))
    found = again.frames(CLIP, ROWS, range(2, 5))
    assert set(found.sr) == set(ROWS) and again.left_out == {}
    assert np.array_equal(found.lr[0], found.lr[1]) and not np.array_equal(found.lr[1], found.lr[2])
    hold, blend = found.sr["bicubic|hold"].astype(int), found.sr["bicubic|blend"].astype(int)
    assert np.array_equal(hold[0], hold[1]) and np.array_equal(hold[[0, 2]], blend[[0, 2]])
    assert abs(2 * blend[1] - hold[0] - hold[2]).max() <= 2


def test_a_clip_in_many_portions_has_the_same_rows(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run.rows("out")
    monkeypatch.setattr(loop, "PORTION_PIXELS", 2 * 32 * 40)
    parts = run("parts")
    for column in ("psnr_y", "psnr_made", "ssim_kept", "flow_epe"):
        assert number(parts, column) == pytest.approx(number(whole, column)), column
    for stream in ("spatial", "temporal"):
        assert shown(parts, stream) == shown(whole, stream)


def test_of_blended_frames_none_is_kept_and_the_clip_ends_with_the_last_one(run: Runner) -> None:
    rows, hr = run("blended", "frame_rate:scale=4,keep=4,blend=true"), run.hr()
    means = round_to_8_bits(Bicubic(4).degrade(hr)).split(4)
    sr = imresize(round_to_8_bits(torch.stack([part.mean(dim=0) for part in means])), 4.0).clamp(0, 1)
    found = shown(rows, "spatial")
    assert found["bicubic|hold"][:4] == pytest.approx([7, *levels(sr[[0, 0, 1]])], abs=1e-3)
    assert found["bicubic|blend"][:4] == pytest.approx([7, *levels(sr[[0, 0, 1]])], abs=1e-3)
    assert found["bicubic|unfilled"][0] == 2
    assert set(number(rows, "psnr_kept")) <= {"bicubic|hold", "bicubic|blend", "bicubic|unfilled"}
