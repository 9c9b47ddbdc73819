"""Decoding against OpenCV and against what was written; damaged files; conversions."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import torch

from harness.errors import ClipError, HarnessError
from harness.video.frames import (
    crop_to_multiple,
    decoder_name,
    open_video,
    round_to_8_bits,
    to_tensor,
    to_uint8,
    write_video,
)


def texture(frames: int = 12, height: int = 33, width: int = 47, seed: int = 0) -> np.ndarray:
    """A random texture that drifts by one pixel per frame, uint8 (T, H, W, 3)."""
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.random((height, width + frames, 3)).astype(np.float32), (0, 0), 1.5)
    noise = (noise - noise.min()) / (noise.max() - noise.min())
    return np.stack([np.rint(255 * noise[:, t : t + width]).astype(np.uint8) for t in range(frames)])


def lossless(path: Path, frames: np.ndarray) -> Path:
    write_video(path, frames, 25, codec="libx264rgb", pixel_format="rgb24", options={"crf": "0", "bf": "2"})
    return path


def cut(path: Path, target: Path, share: float) -> Path:
    data = path.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])
    return target


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b.astype(float)) ** 2)))


def test_reads_back_exactly_what_was_written_losslessly(tmp_path: Path) -> None:
    frames = texture()
    video = open_video(lossless(tmp_path / "a.mkv", frames))
    assert (video.num_frames, video.size) == (12, (33, 47))
    assert np.array_equal(video.read(), frames)
    assert np.array_equal(video.read(3, 7), frames[3:7])
    assert np.array_equal(video.read(10), frames[10:])


def test_default_writer_is_near_lossless_at_odd_sizes_and_returns_the_frame_count(tmp_path: Path) -> None:
    frames = texture()
    assert write_video(tmp_path / "a.mp4", iter([frames[:5], frames[5], frames[6:]]), 29.97) == 12
    video = open_video(tmp_path / "a.mp4")
    assert video.num_frames == 12 and video.fps == pytest.approx(29.97, abs=1e-3)
    assert psnr(video.read(), frames) > 44
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"], "no partial file is left"


def test_frames_come_in_display_order_as_in_opencv(tmp_path: Path) -> None:
    path = tmp_path / "b.mp4"
    write_video(path, texture(20, 48, 64), 25, pixel_format="yuv420p", options={"bf": "3", "crf": "12"})
    with av.open(str(path)) as container:
        kinds = [av.video.frame.PictureType(frame.pict_type).name for frame in container.decode(video=0)]
    assert "B" in kinds, "the file must have reordered frames, or this test proves nothing"
    capture, found = cv2.VideoCapture(str(path)), []
    while (read := capture.read())[0]:
        found.append(read[1][..., ::-1])
    ours = open_video(path).read()
    assert len(found) == len(ours) == 20
    for t in range(20):
        differences = [np.abs(ours[t].astype(int) - other).mean() for other in found]
        assert int(np.argmin(differences)) == t and differences[t] < 2


def test_variable_frame_rate_changes_no_frame(tmp_path: Path) -> None:
    frames, path = texture(10), tmp_path / "vfr.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264rgb", rate=25, options={"crf": "0"})
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], "rgb24"
        stream.codec_context.time_base = Fraction(1, 1000)
        for time, image in zip((0, 40, 45, 300, 310, 900, 940, 2000, 2001, 2500), frames, strict=True):
            frame = av.VideoFrame.from_ndarray(image)
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert np.array_equal(open_video(path).read(), frames)


def test_avi_that_leaves_frames_out_is_not_truncated(tmp_path: Path) -> None:
    path = tmp_path / "variable.avi"
    frames = texture(6)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.height, stream.width, stream.pix_fmt = 32, 46, "yuv420p"
        for index, image in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[:32, :46]), format="rgb24")
            frame.pts = 5 * index  # four out of five are left out, but an AVI counts them all the same
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    video = open_video(path)
    assert video.num_frames == len(video.read()) == 6


@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".mkv"])
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_truncated_file_is_refused_with_clip_and_file_name(tmp_path: Path, suffix: str, share: float) -> None:
    whole = tmp_path / f"whole{suffix}"
    options = {"crf": "5"} if suffix != ".avi" else {"b": "2000000"}
    codec = "mpeg4" if suffix == ".avi" else "libx264"
    write_video(whole, texture(30, 64, 64), 25, codec=codec, pixel_format="yuv420p", options=options)
    assert len(open_video(whole).read()) == 30
    part = cut(whole, tmp_path / f"part{suffix}", share)
    with pytest.raises(ClipError, match=rf"clip 'c7' .*part{suffix}.*(truncated|empty|decoded)"):
        open_video(part, "c7").read()


def test_truncated_file_with_its_index_in_front_is_refused(tmp_path: Path) -> None:
    whole = tmp_path / "whole.mp4"
    with av.open(str(whole), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width, stream.pix_fmt = 64, 64, "yuv420p"
        for image in texture(30, 64, 64):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image)))
        container.mux(stream.encode())
    part = cut(whole, tmp_path / "part.mp4", 0.8)
    with pytest.raises(ClipError, match=r"truncated|decoded"):
        open_video(part).read()


def test_lost_packets_in_the_middle_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, texture(30, 64, 64), 25, options={"crf": "30"})  # packets smaller than the hole
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 400] = bytes(400)
    path.write_bytes(data)
    with pytest.raises(ClipError, match=r"a\.mp4: (cannot be decoded|frame \d+ is damaged)"):
        open_video(path).read()


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no such file"), (b"", "empty"), (b"not a video " * 50, "not a video")],
)
def test_missing_empty_and_other_files_are_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "x.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ClipError, match=message) as caught:
        open_video(path)
    assert str(path) in str(caught.value)


def test_folder_and_sound_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match="no such file"):
        open_video(tmp_path)
    sound = tmp_path / "sound.wav"
    with av.open(str(sound), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        samples.sample_rate = 8000
        container.mux(stream.encode(samples))
    with pytest.raises(ClipError, match="no video stream"):
        open_video(sound)


def test_fewer_frames_than_asked_for_or_annotated_are_refused(tmp_path: Path) -> None:
    path = lossless(tmp_path / "a.mkv", texture(6))
    with pytest.raises(ClipError, match="at least 9 frame"):
        open_video(path).read(0, 9)
    with pytest.raises(ClipError, match="annotated with 8 frames, 6 decoded"):
        open_video(path, num_frames=8).read()
    assert len(open_video(path, num_frames=6).read()) == 6


def test_writer_refuses_wrong_input_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="no frames to write"):
        write_video(tmp_path / "a.mp4", [], 25)
    with pytest.raises(HarnessError, match="positive rate"):
        write_video(tmp_path / "a.mp4", texture(2), 0)
    with pytest.raises(HarnessError, match="cannot be written"):
        write_video(tmp_path / "a.mp4", texture(2, 33, 33), 25, pixel_format="yuv420p")
    with pytest.raises(HarnessError, match="frame 2 differs in size"):
        write_video(tmp_path / "a.mp4", [texture(2), texture(1, 32, 32)], 25)
    with pytest.raises(HarnessError, match="cannot be written"):
        write_video(tmp_path / "no such folder" / "a.mp4", texture(2), 25)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.assets
def test_real_clips_with_packets_without_a_picture_are_read_whole(assets: Path) -> None:
    """UCF101 has MPEG-4 clips with `not coded` packets: fewer frames than announced, yet whole."""
    path = assets / "ucf101-subset" / "BaseballPitch" / "v_BaseballPitch_g10_c01.avi"
    if not path.is_file():
        pytest.skip(f"{path} does not exist")
    video = open_video(path)
    capture = cv2.VideoCapture(str(path))
    count = 0
    while capture.read()[0]:
        count += 1
    assert video.read().shape == (count, 240, 320, 3)
    assert video.num_frames == count < int(capture.get(cv2.CAP_PROP_FRAME_COUNT))


@pytest.mark.assets
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_truncated_real_clip_is_refused(assets: Path, tmp_path: Path, share: float) -> None:
    path = sorted((assets / "ucf101-subset").glob("YoYo/*.avi"))[0]
    with pytest.raises(ClipError, match=r"truncated|decoded"):
        open_video(cut(path, tmp_path / "part.avi", share)).read()


def test_conversions_are_exact_and_round_half_to_even() -> None:
    levels = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 16, 16, 3)
    tensor = to_tensor(levels)
    assert tensor.shape == (1, 3, 16, 16) and tensor.dtype == torch.float32
    assert float(tensor.min()) == 0 and float(tensor.max()) == 1
    assert np.array_equal(to_uint8(tensor), levels)
    assert torch.equal(round_to_8_bits(tensor), tensor)
    values = torch.tensor([-0.5, 0.5 / 255, 1.5 / 255, 2.4 / 255, 254.6 / 255, 1.7]).view(1, 1, 1, 6).expand(1, 3, 1, 6)
    assert to_uint8(values)[0, 0, :, 0].tolist() == [0, 0, 2, 2, 255, 255]
    assert torch.equal(round_to_8_bits(values), to_tensor(to_uint8(values)))


def test_rounding_does_not_change_its_input() -> None:
    frames = torch.full((1, 3, 2, 2), 1.5)
    round_to_8_bits(frames)
    to_uint8(frames)
    assert float(frames.max()) == 1.5


def test_crop_takes_from_bottom_and_right() -> None:
    frames = torch.arange(2 * 3 * 7 * 10).view(2, 3, 7, 10).float()
    assert torch.equal(crop_to_multiple(frames, 4), frames[..., :4, :8])
    assert crop_to_multiple(frames, 1).shape == frames.shape
    with pytest.raises(ClipError, match="10x7 are smaller than the scale factor 8"):
        crop_to_multiple(frames, 8)


def test_decoder_name_has_both_versions() -> None:
    assert decoder_name().startswith(f"PyAV {av.__version__} (libavcodec {av.library_versions['libavcodec'][0]}.")
