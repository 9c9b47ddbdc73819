"""One video through one method: pictures, time stamps, sound, and errors."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import av
import numpy as np
import pytest
import torch
from torch import Tensor

from harness.checks import synthetic_clip
from harness.errors import ContractError, HarnessError, UsageError, WeightsMissingError
from harness.methods import Bicubic, Nearest
from harness.registry import registry
from harness.upscale import load_method, method_for, upscale_video, windows
from harness.video.copying import SourceFrame, in_order
from harness.video.frames import open_video, to_tensor, to_uint8

CPU = torch.device("cpu")
UNEVEN = [0, 40, 80, 200, 240, 260, 500, 540, 580, 620]
"""Time stamps in milliseconds of a video with a variable frame rate."""
Images = np.ndarray[Any, np.dtype[np.uint8]]


@pytest.fixture
def images() -> Images:
    return to_uint8(synthetic_clip(len(UNEVEN), 32, 48))


def write_source(
    path: Path,
    images: Images,
    *,
    sound: str | None = None,
    matrix: int | None = None,
    stamps: Sequence[int] = UNEVEN,
    base: Fraction = Fraction(1, 1000),
) -> Path:
    """A video with the given time stamps in units of `base`, written with PyAV alone."""
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=25, options={"crf": "1", "bf": "2"})
        video.height, video.width, video.pix_fmt = *images.shape[1:3], "yuv444p"
        video.codec_context.time_base = base
        audio = output.add_stream(sound, rate=48000, layout="mono") if sound else None
        if matrix is not None:
            video.codec_context.colorspace = matrix
        for image, stamp in zip(images, stamps, strict=True):
            rgb = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame = rgb.reformat(format="yuv444p", dst_colorspace=matrix or 5)
            frame.pts, frame.time_base = stamp, base
            output.mux(video.encode(frame))
        output.mux(video.encode())
        if audio is not None:
            write_tone(output, audio, seconds=0.6)
    return path


def write_tone(output: Any, audio: Any, seconds: float) -> None:
    size = audio.codec_context.frame_size or 1024
    name = audio.codec_context.format.name
    for start in range(0, int(48000 * seconds), size):
        wave = np.sin(2 * np.pi * 440 * np.arange(start, start + size) / 48000)
        samples = wave.astype(np.float32) if "flt" in name else (wave * 100).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples[None], format=name, layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, start, Fraction(1, 48000)
        output.mux(audio.encode(frame))
    output.mux(audio.encode())


def stamps_of(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [round(float(f.pts * f.time_base), 4) for f in container.decode(video=0)]


def sound_of(path: Path) -> list[tuple[float, bytes]]:
    with av.open(str(path)) as container:
        return [(round(float(p.pts * p.time_base), 2), bytes(p)) for p in container.demux(audio=0) if p.size]


@pytest.mark.parametrize(("length", "chunk", "margin"), itertools.product([0, 1, 2, 7, 20], [1, 3, 8, 50], [0, 1, 4]))
def test_windows_want_every_item_once_with_its_context(length: int, chunk: int, margin: int) -> None:
    wanted = []
    for window, first, stop in windows(range(length), chunk, margin):
        assert 0 < stop - first <= chunk
        assert window == list(range(window[0], window[-1] + 1))
        wanted += window[first:stop]
        assert window[first] - window[0] >= min(margin, window[first])
        assert window[-1] - window[stop - 1] >= min(margin, length - 1 - window[stop - 1])
        assert len(window) <= chunk + 2 * margin + max(chunk, margin)
    assert wanted == list(range(length))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_pictures_are_restored_and_time_stamps_and_sound_are_kept(tmp_path: Path, images: Images, suffix: str) -> None:
    source = write_source(tmp_path / f"in{suffix}", images, sound="aac")
    target = tmp_path / f"out{suffix}"
    seen: list[tuple[int, int]] = []
    progress = lambda done, total: seen.append((done, total))  # noqa: E731
    assert upscale_video(source, target, Bicubic(scale=4, device=CPU), scale=4, device=CPU, progress=progress) == 10
    assert seen[-1][0] == 10
    assert stamps_of(target) == stamps_of(source) == pytest.approx([s / 1000 for s in UNEVEN], abs=1e-3)
    assert len(sound_of(source)) > 20
    assert [data for _, data in sound_of(target)] == [data for _, data in sound_of(source)]
    assert [when for when, _ in sound_of(target)] == pytest.approx([when for when, _ in sound_of(source)], abs=0.011)
    restored = open_video(target).read()
    expected = to_uint8(Bicubic(scale=4, device=CPU).upscale(to_tensor(open_video(source).read()), range(10)))
    assert restored.shape == (10, 128, 192, 3)
    assert np.abs(restored.astype(int) - expected).mean() < 4


def test_a_temporal_method_sees_its_neighbours_across_chunks(
    tmp_path: Path, images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Median:
        """Looks two frames back and two ahead."""

        def __init__(self) -> None:
            self.asked: list[int] = []
            self.made: list[Tensor] = []

        def upscale(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
            self.asked.append(len(frames))
            around = [lr[max(0, f - 2) : f + 3].mean(0) for f in frames]
            self.made.append(torch.stack(around).repeat_interleave(2, -1).repeat_interleave(2, -2))
            return self.made[-1]

    source = write_source(tmp_path / "in.mp4", images)
    whole, pieces = Median(), Median()
    upscale_video(source, tmp_path / "whole.mp4", whole, scale=2, device=CPU)
    monkeypatch.setattr("harness.upscale.CHUNK_PIXELS", 3 * 64 * 96)
    upscale_video(source, tmp_path / "pieces.mp4", pieces, scale=2, device=CPU)
    assert whole.asked == [10] and max(pieces.asked) == 3
    assert torch.equal(torch.cat(whole.made), torch.cat(pieces.made))


@pytest.mark.parametrize(("radius", "longest"), [(0, 3), (1, 5), (None, 10)])
def test_a_method_sees_as_many_neighbours_as_it_declares(
    tmp_path: Path, images: Images, monkeypatch: pytest.MonkeyPatch, radius: int | None, longest: int
) -> None:
    class Watching(Nearest):
        temporal_radius = radius  # type: ignore[assignment]
        lengths: ClassVar[list[int]] = []

        def upscale(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
            self.lengths.append(len(lr))
            return super().upscale(lr, frames)

    source = write_source(tmp_path / "in.mp4", images)
    monkeypatch.setattr("harness.upscale.CHUNK_PIXELS", 3 * 64 * 96)
    assert upscale_video(source, tmp_path / "out.mp4", Watching(scale=2, device=CPU), scale=2, device=CPU) == 10
    assert max(Watching.lengths) == longest


@pytest.mark.parametrize("matrix", [1, 5, 6])
def test_colours_are_kept_for_every_matrix(tmp_path: Path, matrix: int) -> None:
    flat = np.zeros((4, 32, 48, 3), np.uint8)
    flat[:, :, :16], flat[:, :, 16:32], flat[:, :, 32:] = (200, 30, 40), (30, 180, 60), (40, 60, 210)
    source = write_source(tmp_path / "in.mp4", flat, matrix=matrix, stamps=UNEVEN[:4])
    upscale_video(source, tmp_path / "out.mp4", Nearest(scale=2, device=CPU), scale=2, device=CPU)
    found = open_video(tmp_path / "out.mp4").read()[2, 32, [16, 48, 80]]
    assert np.abs(found.astype(int) - flat[0, 16, [8, 24, 40]]).max() <= 3
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert int(next(container.decode(video=0)).colorspace) == matrix


def test_odd_sizes_are_kept(tmp_path: Path) -> None:
    images = to_uint8(synthetic_clip(4, 17, 23))
    source = write_source(tmp_path / "in.mp4", images, stamps=UNEVEN[:4])
    upscale_video(source, tmp_path / "out.mp4", Nearest(scale=3, device=CPU), scale=3, device=CPU)
    assert open_video(tmp_path / "out.mp4").read().shape == (4, 51, 69, 3)


class Remarking(Nearest):
    """Runs out of memory, as it says."""

    remark = "restored in tiles"


def test_what_a_method_remarks_is_noted(tmp_path: Path, images: Images) -> None:
    source, out, notes = tmp_path / "a.mkv", tmp_path / "b.mkv", list[str]()
    write_source(source, images)
    upscale_video(source, out, Remarking(scale=2, device=CPU), scale=2, device=CPU, note=notes.append)
    assert notes == [f"{source}: restored in tiles"]


def test_a_rotated_video_comes_out_upright(tmp_path: Path, images: Images) -> None:
    source = write_source(tmp_path / "in.mp4", images)
    turn_clockwise(source)
    upscale_video(source, tmp_path / "out.mp4", Nearest(scale=2, device=CPU), scale=2, device=CPU)
    found = open_video(tmp_path / "out.mp4").read()[3]
    expected = np.rot90(images[3], -1).repeat(2, 0).repeat(2, 1)
    assert found.shape == expected.shape == (96, 64, 3)
    assert np.abs(found.astype(int) - expected).mean() < 6


def turn_clockwise(path: Path) -> None:
    """Change the display matrix in a file's track header to what a phone held upright would write."""
    data = path.read_bytes()
    at = data.index(b"tkhd") + 4 + 40
    straight = [1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30]
    turned = [0, 1 << 16, 0, -(1 << 16), 0, 0, 32 << 16, 0, 1 << 30]
    assert data[at : at + 36] == np.array(straight, ">i4").tobytes()
    path.write_bytes(data[:at] + np.array(turned, ">i4").tobytes() + data[at + 36 :])


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ([0, 1, 2, 3], [0, 1, 2, 3]),
        ([1, 2, 4, 3, 5, 7, 6, 8], [1, 2, 3, 4, 5, 6, 7, 8]),
        ([0, 0, 0, 5], [0, 1, 2, 5]),
        ([0, 40, 200, 201], [0, 40, 200, 201]),
        ([], []),
    ],
)
def test_time_stamps_ascend_and_pictures_keep_their_order(stamps: list[int], expected: list[int]) -> None:
    frames = [SourceFrame(np.full((1, 1, 3), i, np.uint8), stamp, 1) for i, stamp in enumerate(stamps)]
    found = list(in_order(frames))
    assert [frame.pts for frame in found] == expected
    assert [int(frame.image[0, 0, 0]) for frame in found] == list(range(len(stamps)))


def nan(lr: Tensor, frames: Sequence[int]) -> Tensor:
    return Nearest(scale=2, device=CPU).upscale(lr, frames) / 0


def small(lr: Tensor, frames: Sequence[int]) -> Tensor:
    return lr[list(frames)]


@pytest.mark.parametrize("fault", [nan, small])
def test_a_faulty_method_leaves_no_file(
    tmp_path: Path, images: Images, fault: Callable[[Tensor, Sequence[int]], Tensor]
) -> None:
    class Wrong:
        def upscale(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
            return fault(lr, frames)

    source = write_source(tmp_path / "in.mp4", images)
    with pytest.raises(ContractError, match="upscale returned shape"):
        upscale_video(source, tmp_path / "out.mp4", Wrong(), scale=2, device=CPU)
    assert [file.name for file in tmp_path.iterdir()] == ["in.mp4"]


def test_a_broken_source_leaves_no_file(tmp_path: Path, images: Images) -> None:
    source = write_source(tmp_path / "in.mkv", images)
    source.write_bytes(source.read_bytes()[:2000])
    method = Nearest(scale=2, device=CPU)
    for video in (source, tmp_path / "none.mp4"):
        with pytest.raises(UsageError, match=video.name):
            upscale_video(video, tmp_path / "out.mp4", method, scale=2, device=CPU)
    assert [file.name for file in tmp_path.iterdir()] == ["in.mkv"]


def test_an_impossible_target_is_refused_and_leaves_no_file(tmp_path: Path, images: Images) -> None:
    frame_times = {"stamps": range(10), "base": Fraction(1, 25)}
    source = write_source(tmp_path / "in.avi", images, sound="pcm_mulaw", **frame_times)
    method = Nearest(scale=2, device=CPU)
    with pytest.raises(UsageError, match=r"out\.xyz: cannot write \.xyz files; .* ends in \.mp4, "):
        upscale_video(source, tmp_path / "out.xyz", method, scale=2, device=CPU)
    with pytest.raises(UsageError, match=r"sound cannot be copied into \.webm"):
        upscale_video(source, tmp_path / "out.webm", method, scale=2, device=CPU)
    with pytest.raises(UsageError, match=r"sound cannot be copied into \.mp4: .*; give a name in \.mkv or \.mov"):
        upscale_video(source, tmp_path / "out.mp4", method, scale=2, device=CPU)
    with pytest.raises(HarnessError, match="cannot be written: No such file or directory"):
        upscale_video(source, tmp_path / "none" / "out.mov", method, scale=2, device=CPU)
    assert [file.name for file in tmp_path.iterdir()] == ["in.avi"]
    assert upscale_video(source, tmp_path / "out.mov", method, scale=2, device=CPU) == 10
    assert b"".join(d for _, d in sound_of(tmp_path / "out.mov")) == b"".join(d for _, d in sound_of(source))


def test_load_method_refuses_unknown_names_scales_and_weights() -> None:
    def load(text: str, scale: int = 4, tag: str | None = None) -> Any:
        return load_method(method_for(text, registry(), scale=scale, tag=tag), scale=scale, device=CPU)

    assert isinstance(load("bicubic", scale=3), Bicubic)
    with pytest.raises(UsageError, match="Did you mean 'bicubic'"):
        load("bicubik")
    with pytest.raises(UsageError, match="'hr' returns the high-resolution frames"):
        load("hr")
    with pytest.raises(UsageError, match="'esrgan' does scale 4, not 3"):
        load("esrgan", scale=3)
    with pytest.raises(WeightsMissingError, match="'esrgan' has no weights 'nosuch', x4"):
        load("esrgan", tag="nosuch")


def test_without_a_tag_the_first_weights_that_are_installed_are_taken() -> None:
    assert [step.weights and step.weights.tag for step in method_for("span|span", registry(), scale=8).steps] == [
        "df2k"
    ] * 2
    with pytest.raises(WeightsMissingError, match="harness weights pull basicvsr --tag vimeo-bi"):
        method_for("basicvsr", registry(), scale=4)


@pytest.mark.assets
def test_real_clips_with_packed_b_frames_keep_time_stamps_and_sound(assets: Path, tmp_path: Path) -> None:
    source = sorted((assets / "ucf101-subset").glob("ApplyEyeMakeup/*.avi"))[0]
    frames = upscale_video(source, tmp_path / "out.mp4", Nearest(scale=2, device=CPU), scale=2, device=CPU)
    stamps = stamps_of(tmp_path / "out.mp4")
    assert len(stamps) == frames == len(open_video(source).read())
    assert np.diff(stamps) == pytest.approx(np.full(frames - 1, 0.04), abs=1e-3)
    assert [data for _, data in sound_of(tmp_path / "out.mp4")] == [data for _, data in sound_of(source)]
