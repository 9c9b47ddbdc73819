"""A degradation of whole clips sees every frame in order, whichever frames are wanted, and is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from typer.testing import CliRunner

from harness.cli.main import app
from harness.contracts import Clip, ClipDegradation, Wants
from harness.errors import ContractError
from harness.running.clock import Clock
from harness.running.pipeline import SourceClip
from harness.running.portions import Look, needs_of, portions_of
from harness.running.recoded import RecodedVideo
from harness.running.timing import Stopwatch
from harness.video.degrade import Nearest
from harness.video.frames import Bytes, open_video, to_tensor, to_uint8, write_video

CPU = torch.device("cpu")


class Trail:
    """Leaves a fading trail: a frame is the mean of itself and the one before, as it came out."""

    scale = 2

    def degrade(self, hr: Tensor) -> Tensor:
        return Nearest(self.scale).degrade(hr)

    def recode(self, frames: Iterator[Bytes], fps: float) -> Iterator[Bytes]:
        before: Bytes | None = None
        for frame in frames:
            before = frame if before is None else ((frame.astype(int) + before) // 2).astype(np.uint8)
            yield before


class Wrong(Trail):
    def __init__(self, change: Callable[[list[Bytes]], list[Bytes]]) -> None:
        self.change = change

    def recode(self, frames: Iterator[Bytes], fps: float) -> Iterator[Bytes]:
        yield from self.change(list(frames))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    levels = np.random.default_rng(0).integers(0, 255, (10, 17, 21, 3), dtype=np.uint8)
    path = tmp_path / "a.mkv"
    write_video(path, levels, 25.0, codec="libx264rgb", pixel_format="rgb24", options={"crf": "0"})
    return path


def test_its_frames_are_those_of_the_whole_clip_in_order(file: Path) -> None:
    video, trail = open_video(file), Trail()
    assert isinstance(trail, ClipDegradation)
    low = list(to_uint8(trail.degrade(to_tensor(video.read()[:, :16, :20]))))
    assert np.array_equal(np.stack(list(RecodedVideo.of(video, trail).frames())), list(trail.recode(iter(low), 25.0)))
    assert RecodedVideo.of(video, trail).num_frames == 10


@pytest.mark.parametrize("most", [1, 100])
def test_the_pipeline_shows_them_whichever_are_wanted_and_in_however_many_portions(file: Path, most: int) -> None:
    video, trail = open_video(file), Trail()
    expected = list(RecodedVideo.of(video, trail).frames())
    looks = {"probe": Look(Wants((2, 7)), [Wants((2,)), Wants((7,))])}
    portions = portions_of(looks, most)
    needs = needs_of(portions, Clock(10), hr_radius=0, lr_radius=0)
    clip = Clip("a", file, 0, "g")
    source = SourceClip(clip, video, trail, None, Stopwatch(CPU), CPU, needs, wanted=[2, 7])
    for number, portion in enumerate(portions):
        source.advance(number)
        for frame in portion.frames:
            assert np.array_equal((source.lr([frame])[0] * 255).round().byte().permute(1, 2, 0), expected[frame])
            assert np.array_equal(
                (source.hr([frame])[0] * 255).round().byte().permute(1, 2, 0), video.read()[frame][:16, :20]
            )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frames: frames[:-1], "recode: 9 frames; expected 10"),
        (lambda frames: [frame[:-1] for frame in frames], "a frame of uint8 .*; expected uint8 .8, 10, 3."),
        (lambda frames: [frame / 255 for frame in frames], "a frame of float64"),
    ],
)
def test_another_number_size_or_type_is_an_error(
    file: Path, change: Callable[[list[Bytes]], list[Bytes]], message: str
) -> None:
    with pytest.raises(ContractError, match=message):
        list(RecodedVideo.of(open_video(file), Wrong(change)).frames())


def test_training_which_sees_single_frames_refuses_it(
    small_benchmark: Callable[..., Path], made_clips: Callable[..., Path], tmp_path: Path
) -> None:
    file = small_benchmark(tmp_path, degradation="h264:scale=4,crf=30", train_split="test")
    command = ["train", "srresnet", "--benchmark", str(file), "--recipe", "mini-2", "--data", str(made_clips())]
    trained = CliRunner().invoke(app, [*command, "--out", str(tmp_path / "out")])
    assert trained.exit_code == 2
    assert "h264 degrades whole clips, and training sees single frames of them; train on a benchmark" in trained.stderr
