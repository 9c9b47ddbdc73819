"""Transport streams that were joined: one clock for pictures and sound."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from harness.methods import Nearest
from harness.upscale import upscale_video
from harness.video.copying import open_source

CPU = torch.device("cpu")
TICK = Fraction(1, 90_000)


def recording(path: Path, count: int, grey: int, *, sound: bool = True, start: Fraction | int = 0) -> bytes:
    """A transport stream of `count` flat pictures, each four levels brighter, whose clock begins at `start` seconds."""
    packets = []
    with av.open(str(path), "w", format="mpegts") as output:
        video = output.add_stream("libx264", rate=25, options={"crf": "4", "bf": "2", "g": "8"})
        video.width, video.height, video.pix_fmt = 48, 32, "yuv420p"
        audio = output.add_stream("aac", rate=48000, layout="mono") if sound else None
        for number in range(count):
            image = np.full((32, 48, 3), grey + 4 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number + int(25 * start), Fraction(1, 25)
            packets += video.encode(frame)
        packets += video.encode()
        if audio is not None:
            for at in range(0, 48000 * count // 25, 1024):
                beep = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
                beep.sample_rate, beep.pts, beep.time_base = 48000, at + int(48000 * start), Fraction(1, 48000)
                packets += audio.encode(beep)
            packets += audio.encode()
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            output.mux(packet)
    return path.read_bytes()


def shown(path: Path) -> tuple[list[float], list[float], list[int]]:
    """Times of pictures and of sound in seconds, and how bright the pictures are."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        times = [float(frame.pts * frame.time_base) for frame in frames]
        greys = [int(frame.to_ndarray(format="rgb24")[0, 0, 0]) for frame in frames]
    with av.open(str(path)) as container:
        packets = container.demux(audio=0) if container.streams.audio else []
        heard = [float(packet.pts * packet.time_base) for packet in packets if packet.pts is not None]
    return times, heard, greys


def joined(folder: Path, *parts: bytes) -> Path:
    path = folder / "joined.ts"
    path.write_bytes(b"".join(parts))
    return path


def packets_of_sound(recorded: bytes) -> int:
    with av.open(io.BytesIO(recorded)) as container:
        return sum(packet.pts is not None for packet in container.demux(audio=0))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
@pytest.mark.parametrize("sound", [True, False])
def test_time_goes_on_where_recordings_were_joined(tmp_path: Path, suffix: str, sound: bool) -> None:
    counts, greys = (10, 12, 7), (0, 60, 130)
    parts = [recording(tmp_path / "part.ts", n, grey, sound=sound) for n, grey in zip(counts, greys, strict=True)]
    target = tmp_path / f"out{suffix}"
    source = joined(tmp_path, *parts)
    assert upscale_video(source, target, Nearest(scale=2, device=CPU), scale=2, device=CPU) == 29
    times, heard, found = shown(target)
    expected = [grey + 4 * n for count, grey in zip(counts, greys, strict=True) for n in range(count)]
    assert np.abs(np.subtract(found, expected)).max() <= 2
    steps = np.diff(times)
    assert steps.min() > 0.039 and steps.max() < 0.041 + (
        0.05 if sound else 0
    )  # sound is a little longer than pictures
    if sound:
        assert len(heard) == sum(map(packets_of_sound, parts))
        assert np.diff(heard) == pytest.approx(np.full(len(heard) - 1, 1024 / 48000), abs=2e-3)


@pytest.mark.parametrize("starts", [(0, 0), (0, 3000), (3000, 0)])
def test_pictures_and_sound_of_each_recording_stay_together(tmp_path: Path, starts: tuple[int, int]) -> None:
    parts = [recording(tmp_path / f"{n}.ts", 10, 100 * n, start=start) for n, start in enumerate(starts)]
    source = joined(tmp_path, *parts)
    upscale_video(source, tmp_path / "out.mkv", Nearest(scale=2, device=CPU), scale=2, device=CPU)
    times, heard, _ = shown(tmp_path / "out.mkv")
    for part, first_picture, first_sound in ((0, 0, 0), (1, 10, len(heard) // 2)):
        pictures, sounds, _ = shown(tmp_path / f"{part}.ts")
        assert times[first_picture] - heard[first_sound] == pytest.approx(pictures[0] - sounds[0], abs=2e-3)
    assert times[-1] < 1 and heard[-1] < 1 and times[0] < 0.03  # no gap of 3000 seconds, before or between


def test_a_recording_without_sound_between_two_with_it_takes_its_time(tmp_path: Path) -> None:
    parts = [recording(tmp_path / "part.ts", 10, 0, sound=sound) for sound in (True, False, True)]
    upscale_video(joined(tmp_path, *parts), tmp_path / "out.mkv", Nearest(scale=2, device=CPU), scale=2, device=CPU)
    times, heard, _ = shown(tmp_path / "out.mkv")
    assert len(times) == 30 and np.diff(times).max() < 0.1
    gap = int(np.diff(heard).argmax())
    assert times[9] < heard[gap] + 0.1 < times[12] and heard[gap + 1] == pytest.approx(times[20], abs=0.05)


def test_recordings_that_overlap_a_little_are_copied(tmp_path: Path) -> None:
    parts = [recording(tmp_path / "part.ts", 10, 100 * n, start=n * Fraction(9, 25)) for n in range(2)]
    upscale_video(joined(tmp_path, *parts), tmp_path / "out.mp4", Nearest(scale=2, device=CPU), scale=2, device=CPU)
    times, heard, greys = shown(tmp_path / "out.mp4")
    assert len(times) == 20 and np.diff(times).min() > 0 and greys == sorted(greys)
    assert len(heard) == sum(map(packets_of_sound, parts)) and np.diff(heard).min() >= 0


def test_one_recording_begins_at_zero_and_other_formats_are_left_alone(tmp_path: Path) -> None:
    recording(tmp_path / "late.ts", 5, 0, start=100)
    with open_source(tmp_path / "late.ts") as source:
        assert next(iter(source.frames())).pts * TICK < Fraction(3, 100)
    upscale_video(tmp_path / "late.ts", tmp_path / "late.mp4", Nearest(scale=2, device=CPU), scale=2, device=CPU)
    with open_source(tmp_path / "late.mp4") as source:
        assert source.timeline.starts == () and source.timeline.shifts == (0,)
