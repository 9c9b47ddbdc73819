"""`harness upscale`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import pytest
from typer.testing import Result

from harness.cli.upscale import default_target
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


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["bicubic"], "in-bicubic-x4.mp4"),
        (["span:num_feat=48|bicubic"], "in-span-bicubic-x4.mp4"),
        (["vdsr:checkpoint=a.pth", "nearest|lanczos"], "in-vdsr-nearest-lanczos-x4.mp4"),
    ],
)
def test_the_file_is_named_by_every_step_of_every_method(names: list[str], expected: str) -> None:
    assert default_target(Path("in.mp4"), names, 4).name == expected


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
    assert result.exit_code == 2 and "not a video file" in result.stderr
    assert not (tmp_path / "big.mp4").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.mp4", None, "none.mp4: no such file"),
        ("empty.mp4", b"", "empty.mp4: the file is empty"),
        ("text.mp4", b"some words\n" * 40, "text.mp4: truncated or not a video file"),
        ("folder.mp4", "folder", "folder.mp4 is a folder; give one video file"),
        ("subtitles.srt", b"1\n00:00:01,000 --> 00:00:02,000\nhello\n", "it has no video stream"),
    ],
)
def test_what_is_no_video_is_refused_in_one_sentence(
    cli: Cli, tmp_path: Path, name: str, content: bytes | str | None, message: str
) -> None:
    given = tmp_path / name
    if isinstance(content, bytes):
        given.write_bytes(content)
    elif content:
        given.mkdir()
    result = cli("upscale", given, "--sr", "bicubic", "--out", tmp_path / "big.mp4")
    assert result.exit_code == 2 and message in result.stderr and "--data" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "big.mp4").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--out", "big.gif"], "cannot write .gif files; give a name that ends in .mp4"),
        (["--out", "big"], "its name has no suffix"),
        (["--out", "big.mov", "--codec", "av1"], ".mov cannot hold av1"),
        (["--out", "x" * 260 + ".mp4"], "cannot be written: File name too long"),
        (["--out", "folder.mp4", "--force"], "is not a file that can be replaced"),
        (["--codec", "lossless", "--quality", "3"], "has no --quality"),
    ],
)
def test_what_cannot_be_written_is_refused_at_once(
    cli: Cli, video: Path, more: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(video.parent)
    Path("folder.mp4").mkdir()
    before = sorted(Path.cwd().iterdir())
    result = cli("upscale", video, "--sr", "bicubic", *more)
    assert result.exit_code == 2 and message in result.stderr
    assert sorted(Path.cwd().iterdir()) == before


def test_names_with_a_colon_are_local_files(cli: Cli, video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(video.parent)
    video.rename("12:30:05.mp4")
    result = cli("upscale", "12:30:05.mp4", "--sr", "nearest", "--scale", 2, "--out", "10:00.mkv", "--device", "cpu")
    assert result.exit_code == 0, result.stderr
    assert "wrote 10:00.mkv: 6 frames" in result.output and len(open_video(Path("10:00.mkv")).read()) == 6


@pytest.mark.parametrize(("codec", "written"), [("h265", "hevc"), ("av1", "av1"), ("lossless", "h264")])
def test_the_codec_asked_for_is_written(cli: Cli, video: Path, codec: str, written: str) -> None:
    result = cli("upscale", video, "--sr", "nearest", "--scale", 2, "--codec", codec, "--device", "cpu")
    assert result.exit_code == 0, result.stderr
    with av.open(str(video.with_name("clip_0-nearest-x2.mp4"))) as container:
        assert container.streams.video[0].codec_context.codec.canonical_name == written


def test_an_estimate_of_the_frames_is_shown_where_the_length_is_unknown(cli: Cli, video: Path, tmp_path: Path) -> None:
    cli("upscale", video, "--sr", "nearest", "--scale", 1, "--out", tmp_path / "in.ts")
    result = cli("upscale", tmp_path / "in.ts", "--sr", "nearest", "--scale", 2, "--out", tmp_path / "big.mp4")
    assert result.exit_code == 0 and "6 of 6 frames" in result.stderr


def test_the_help_shows_phones_and_hdr(cli: Cli) -> None:
    text = cli("upscale", "--help").output
    assert "phone" in text and "HDR" in text and "--quality" in text and "lossless" in text


def test_a_network_can_be_had_in_tiles_and_what_is_none_does_not_mind(cli: Cli, video: Path, tmp_path: Path) -> None:
    frames = {}
    for name, options in (("whole", ()), ("tiled", ("--tile", 16))):
        out = tmp_path / f"{name}.mkv"
        result = cli("upscale", video, "--sr", "vdsr", "--codec", "lossless", "--out", out, *options)
        assert result.exit_code == 0, result.stderr
        frames[name] = open_video(out).read().astype(int)
    assert abs(frames["tiled"] - frames["whole"]).max() <= 1
    assert cli("upscale", video, "--sr", "bicubic", "--tile", 16).exit_code == 0
    assert cli("upscale", video, "--sr", "vdsr", "--tile", 4).exit_code == 2


def test_methods_are_compared_side_by_side(cli: Cli, video: Path, tmp_path: Path) -> None:
    names = ("nearest", "bicubic")
    for name in names:
        out = tmp_path / f"{name}.mkv"
        cli("upscale", video, "--sr", name, "--scale", "2", "--codec", "lossless", "--out", out, "--device", "cpu")
    out = tmp_path / "both.mkv"
    result = cli("upscale", video, "--compare", ",".join(names), "--scale", "2", "--codec", "lossless", "--out", out)
    assert result.exit_code == 0, result.stderr
    frames = open_video(out).read()
    assert frames.shape == (6, 48 + 24, 2 * 64 + 4, 3)
    for place, name in enumerate(names):
        left = 68 * place
        assert (frames[:, 24:, left : left + 64] == open_video(tmp_path / f"{name}.mkv").read()).all()
        assert frames[0, :24, left : left + 64].max() > 150, "its name stands above"
    assert cli("upscale", video, "--compare", "nearest,bicubic").output.count("clip_0-nearest-bicubic-x4.mp4") == 1


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ([], "name one method with --sr, or several with --compare A,B"),
        (["--sr", "nearest", "--compare", "nearest,bicubic"], "name one method with --sr, or several"),
        (["--compare", "nearest"], "name two different methods or more"),
        (["--compare", "nearest,nearest"], "name two different methods or more"),
        (["--compare", "nearest,a+b"], "name two different methods or more"),
    ],
)
def test_what_cannot_be_compared_is_refused(cli: Cli, video: Path, asked: list[str], message: str) -> None:
    result = cli("upscale", video, *asked)
    assert result.exit_code == 2 and message in result.stderr
