"""What is read to be written again: turned and mirrored videos, covers, edit lists, sound, and damage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch

from harness.errors import ClipError
from harness.methods import Nearest
from harness.upscale import upscale_video
from harness.video.frames import Bytes, open_video
from harness.video.orientation import AS_CODED, orientation

CPU = torch.device("cpu")
ONE = 1 << 16
Encode, Moving = Callable[..., Path], Callable[..., Bytes]
SHOWN: dict[str, tuple[Sequence[int], Callable[[Bytes], Bytes]]] = {
    "as coded": ((1, 0, 0, 1), lambda image: image),
    "a quarter clockwise": ((0, 1, -1, 0), lambda image: np.rot90(image, -1)),
    "a half": ((-1, 0, 0, -1), lambda image: np.rot90(image, 2)),
    "a quarter anticlockwise": ((0, -1, 1, 0), np.rot90),
    "left and right swapped": ((-1, 0, 0, 1), np.fliplr),
    "top and bottom swapped": ((1, 0, 0, -1), np.flipud),
    "rows and columns swapped": ((0, 1, 1, 0), lambda image: image.swapaxes(0, 1)),
    "swapped at the other diagonal": ((0, -1, -1, 0), lambda image: np.rot90(image, 2).swapaxes(0, 1)),
}


def nearest(source: Path, name: str = "big.mp4") -> Path:
    target = source.parent / name
    upscale_video(source, target, Nearest(scale=2, device=CPU), scale=2, device=CPU)
    return target


@pytest.mark.parametrize("kind", SHOWN)
def test_a_video_comes_out_as_a_player_shows_it(encode: Encode, moving: Moving, kind: str) -> None:
    (a, b, c, d), show = SHOWN[kind]
    numbers = [a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 1 << 30]
    images = moving(4, 32, 48)
    source = encode("in.mp4", images, options={"crf": "4"}, pixels="yuv444p", matrix=numbers)
    target = nearest(source)
    expected = np.stack([show(image) for image in images]).repeat(2, 1).repeat(2, 2)
    found = open_video(target).read()
    assert found.shape == expected.shape and np.abs(found.astype(int) - expected).mean() < 3
    with av.open(str(target)) as container:
        assert orientation(next(container.decode(video=0))) == AS_CODED


@pytest.mark.parametrize(("turned", "expected"), [(False, Fraction(4, 3)), (True, Fraction(3, 4))])
def test_the_shape_of_pixels_is_turned_with_the_picture(
    tmp_path: Path, moving: Moving, turned: bool, expected: Fraction
) -> None:
    path = tmp_path / "in.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25)
        stream.height, stream.width, stream.pix_fmt = 32, 48, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        if turned:
            stream.set_display_matrix([0, ONE, 0, -ONE, 0, 0, 0, 0, 1 << 30])
        for image in moving(3, 32, 48):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(image).reformat(format="yuv420p")))
        output.mux(stream.encode())
    with av.open(str(nearest(path))) as container:
        video = container.streams.video[0]
        assert video.sample_aspect_ratio == expected
        assert (video.height, video.width) == ((96, 64) if turned else (64, 96))


def with_sound(path: Path, images: Bytes, *, cover: bool = False, text: bool = False, group: int = 12) -> Path:
    """A video of 25 frames a second with a tone, and on request a cover before it and subtitles after it."""
    with av.open(str(path), "w") as output:
        still = add_cover(output) if cover else None
        video = output.add_stream("libx264", rate=25, options={"g": str(group), "crf": "4", "bf": "2"})
        video.height, video.width, video.pix_fmt = *images.shape[1:3], "yuv420p"
        audio = output.add_stream("aac", rate=48000, layout="mono")
        subtitles = output.add_mux_stream("mov_text") if text else None
        packets: list[Any] = [] if still is None else still
        for image in images:
            packets += video.encode(av.VideoFrame.from_ndarray(image).reformat(format="yuv420p"))
        packets += video.encode()
        for at in range(0, 48000 * len(images) // 25, 1024):
            wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(at, at + 1024) / 48000)
            tone = av.AudioFrame.from_ndarray(wave[None].astype(np.float32), format="fltp", layout="mono")
            tone.sample_rate, tone.pts, tone.time_base = 48000, at, Fraction(1, 48000)
            packets += audio.encode(tone)
        packets += audio.encode()
        if subtitles is not None:
            line = av.Packet(b"\x00\x02hi")
            line.stream, line.pts, line.dts, line.time_base, line.duration = subtitles, 0, 0, Fraction(1, 1000), 400
            packets.append(line)
        for packet in sorted(packets, key=lambda packet: (packet.dts or 0) * packet.time_base):
            output.mux(packet)
    return path


def add_cover(output: Any) -> list[Any]:
    cover = output.add_stream("mjpeg", rate=25)
    cover.height = cover.width = 64
    cover.pix_fmt, cover.disposition = "yuvj420p", av.stream.Disposition.attached_pic
    white = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 255, np.uint8)).reformat(format="yuvj420p")
    white.pts, white.time_base = 0, Fraction(1, 25)
    return [*cover.encode(white), *cover.encode()]


def heard(path: Path) -> list[tuple[float, bytes]]:
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(audio=0) if packet.size]
        return [(round(float(packet.pts * packet.time_base), 3), bytes(packet)) for packet in packets]


@pytest.mark.parametrize("name", ["big.mp4", "big.mkv"])
def test_the_moving_stream_and_the_sound_are_copied_past_a_cover_and_other_streams(
    tmp_path: Path, moving: Moving, name: str
) -> None:
    images = moving(20, 32, 48)
    source = with_sound(tmp_path / "in.mp4", images, cover=True, text=True)
    with av.open(str(source)) as container:
        assert [stream.type for stream in container.streams] in (
            ["video", "video", "audio", "subtitle"],
            ["video", "audio", "subtitle", "video"],
        )
    target = nearest(source, name)
    found = open_video(target).read()
    assert found.shape == (20, 64, 96, 3)
    assert np.abs(found.astype(int) - images.repeat(2, 1).repeat(2, 2)).mean() < 7  # halved chroma
    assert [sound for _, sound in heard(target)] == [sound for _, sound in heard(source)]


def trimmed(source: Path, start: Fraction, path: Path) -> Path:
    """The file from `start` on, cut as video tools do: whole groups of pictures, and an edit list hides the rest."""
    with av.open(str(source)) as given, av.open(str(path), "w") as output:
        streams = {stream.index: output.add_stream_from_template(stream) for stream in given.streams}
        for packet in given.demux():
            if packet.dts is None:
                continue
            ticks = int(start / packet.time_base)
            packet.pts, packet.dts = packet.pts - ticks, packet.dts - ticks
            packet.stream = streams[packet.stream.index]
            output.mux(packet)
    return path


@pytest.mark.parametrize("name", ["big.mp4", "big.mkv"])
def test_a_trimmed_file_gives_what_a_player_shows_with_its_sound_in_step(
    tmp_path: Path, moving: Moving, name: str
) -> None:
    images = moving(40, 32, 48)
    source = trimmed(with_sound(tmp_path / "full.mp4", images), Fraction(18, 25), tmp_path / "in.mp4")
    assert len(open_video(source).read()) == 22
    target = nearest(source, name)
    found = open_video(target).read()
    assert len(found) == 22
    small = found[:, ::2, ::2].astype(int)
    assert [int(np.abs(images - image).mean((1, 2, 3)).argmin()) for image in small] == list(range(18, 40))
    with av.open(str(target)) as container:
        first = next(container.decode(video=0))
        picture = float(first.pts * first.time_base)
    shown_before = {sound: when for when, sound in heard(source)}
    offsets = [when - picture - shown_before[sound] for when, sound in heard(target) if when >= picture]
    assert len(offsets) > 30 and np.abs(offsets).max() < 0.003
    assert picture - heard(target)[0][0] < 0.13  # what was cut away is not heard


def test_a_damaged_frame_is_named_and_nothing_is_left(tmp_path: Path, encode: Encode, moving: Moving) -> None:
    source = encode("in.mp4", moving(30), options={"g": "10", "bf": "0"})
    with av.open(str(source)) as container:
        where = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size][15]
    content = bytearray(source.read_bytes())
    content[where[0] + 6 : where[0] + where[1]] = bytes(where[1] - 6)
    source.write_bytes(content)
    with pytest.raises(ClipError, match=r"in\.mp4: (frame 1\d is damaged|cannot be decoded after 1\d frame)"):
        nearest(source)
    assert [file.name for file in tmp_path.iterdir()] == ["in.mp4"]


def test_sound_of_an_unknown_kind_is_left_out_with_a_word(tmp_path: Path, moving: Moving) -> None:
    source = tmp_path / "in.mov"
    with av.open(str(source), "w") as output:
        video = output.add_stream("libx264", rate=25)
        video.height, video.width, video.pix_fmt = 32, 48, "yuv420p"
        audio = output.add_stream("pcm_s16le", rate=48000, layout="mono")
        for image in moving(3, 32, 48):
            output.mux(video.encode(av.VideoFrame.from_ndarray(image).reformat(format="yuv420p")))
        output.mux(video.encode())
        tone = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.int16), format="s16", layout="mono")
        tone.sample_rate, tone.pts = 48000, 0
        output.mux([*audio.encode(tone), *audio.encode()])
    source.write_bytes(source.read_bytes().replace(b"sowt", b"zzzz"))
    notes: list[str] = []
    method = Nearest(scale=2, device=CPU)
    assert upscale_video(source, tmp_path / "big.mp4", method, scale=2, device=CPU, note=notes.append) == 3
    assert len(notes) == 1 and "1 stream(s) of sound are of an unknown kind and left out" in notes[0]


def test_frames_of_another_size_further_on_are_refused(tmp_path: Path, moving: Moving) -> None:
    parts = []
    for height in (32, 48):
        with av.open(str(tmp_path / "part.ts"), "w") as output:
            stream = output.add_stream("libx264", rate=25)
            stream.height, stream.width, stream.pix_fmt = height, 64, "yuv420p"
            for image in moving(4, height, 64):
                output.mux(stream.encode(av.VideoFrame.from_ndarray(image).reformat(format="yuv420p")))
            output.mux(stream.encode())
        parts.append((tmp_path / "part.ts").read_bytes())
    source = tmp_path / "in.ts"
    source.write_bytes(b"".join(parts))
    with pytest.raises(ClipError, match="a frame of 64x48 in a video of 64x32"):
        nearest(source)
    assert not (tmp_path / "big.mp4").exists()
