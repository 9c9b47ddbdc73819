"""`harness upscale`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import pytest
from typer.testing import Result

from harness.video.degrade import Bicubic
from harness.video.frames import open_video, to_tensor

Cli = Callable[..., Result]


@pytest.fixture
def video(made_clips: Callable[..., Path]) -> Path:
    return made_clips(classes=1, per_class=1, frames=6, height=24, width=32) / "test" / "clip_0.mp4"


def test_it_writes_the_restored_video(cli: Cli, video: Path, tmp_path: Path) -> None:
    out = tmp_path / "big.mp4"
    result = cli("upscale", video, "--sr", "bicubic", "--scale", "2", "--out", out, "--device", "cpu")
    assert result.exit_code == 0, result.stderr
    assert f"wrote {out}: 6 frames" in result.output
    assert open_video(out).read().shape == (6, 48, 64, 3)


def test_a_multi_frame_method_keeps_the_rate_and_picks_a_file_name(cli: Cli, video: Path) -> None:
    result = cli("upscale", video, "--sr", "tosr", "--device", "cpu")
    assert result.exit_code == 0, result.stderr
    restored = video.with_name("clip_0-tosr-x4.mp4")
    with av.open(str(video)) as given, av.open(str(restored)) as written:
        rates = [container.streams.video[0].average_rate for container in (given, written)]
    assert rates[0] == rates[1]
    source, frames = open_video(video).read(), open_video(restored).read()
    assert frames.shape == (6, 96, 128, 3)
    small = Bicubic(4).degrade(to_tensor(frames))
    assert float((small - to_tensor(source)).abs().mean()) < 0.03  # it looks like the source
    assert cli("upscale", video, "--sr", "tosr").exit_code == 2  # not twice


def test_nothing_is_overwritten_unasked(cli: Cli, video: Path, tmp_path: Path) -> None:
    out = tmp_path / "big.mp4"
    out.write_text("precious")
    command = ["upscale", video, "--sr", "nearest", "--out", out]
    result = cli(*command)
    assert result.exit_code == 2 and "exists; give another name, or --force" in result.stderr
    assert out.read_text() == "precious"
    assert cli(*command, "--force").exit_code == 0 and open_video(out).size == (96, 128)
    result = cli("upscale", video, "--sr", "nearest", "--out", video, "--force")
    assert result.exit_code == 2 and "is the video itself" in result.stderr
    result = cli("upscale", video, "--sr", "nearest", "--out", tmp_path / "none" / "big.mp4")
    assert result.exit_code == 2 and "there is no folder" in result.stderr


def test_an_unknown_method_and_an_unreadable_video_are_refused(cli: Cli, video: Path, tmp_path: Path) -> None:
    result = cli("upscale", video, "--sr", "bicubik", "--out", tmp_path / "big.mp4")
    assert result.exit_code == 2 and "Did you mean 'bicubic'?" in result.stderr
    video.write_bytes(b"no video")
    result = cli("upscale", video, "--sr", "bicubic", "--out", tmp_path / "big.mp4")
    assert result.exit_code == 1 and "not a video file" in result.stderr
    assert not (tmp_path / "big.mp4").exists()
