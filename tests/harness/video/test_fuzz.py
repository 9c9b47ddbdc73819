"""Damaged videos: whatever bytes a file holds, reading it gives frames or a `ClipError`."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.errors import ClipError
from harness.video.frames import open_video

Encode = Callable[..., Path]
Moving = Callable[..., NDArray[np.uint8]]
MUTATIONS = 33
"""Of each file."""
GROUPS = {"g": "4"}
FILES = {
    "h264.mp4": ("libx264", {**GROUPS, "bf": "2"}, "yuv420p"),
    "mpeg4.mp4": ("mpeg4", GROUPS, "yuv420p"),
    "h264.mkv": ("libx264", GROUPS, "yuv420p"),
    "ffv1.mkv": ("ffv1", {}, "yuv420p"),
    "mpeg4.avi": ("mpeg4", GROUPS, "yuv420p"),
    "mjpeg.avi": ("mjpeg", {}, "yuvj420p"),
    "h264.ts": ("libx264", GROUPS, "yuv420p"),
    "mpeg2.ts": ("mpeg2video", GROUPS, "yuv420p"),
    "vp9.webm": ("libvpx-vp9", {**GROUPS, "deadline": "realtime"}, "yuv420p"),
    "vp8.webm": ("libvpx", {**GROUPS, "deadline": "realtime"}, "yuv420p"),
}
TITLE = {"title": "a title, so that meta data are hit as well"}
SILENT = 12
"""Of all mutations, those that may be read with another number or size of frames: packets that vanished without a
trace. Over 25 seeds it was 1 to 8, 4.6 on average, most of them in transport streams, which have no index."""
EXACT = {"fflags": "+bitexact"}
"""Muxers of Matroska draw random identifiers otherwise, so that every run would try other bytes."""


def mutated(data: bytes, draw: random.Random) -> bytes:
    """One change: bits, bytes or blocks that are changed, lost, put in, or exchanged; half of them near the header."""
    changed = bytearray(data)
    at = draw.randrange(len(data) if draw.random() < 0.5 else min(len(data), 1000))
    length = draw.randint(1, 48)
    kind = draw.choice(("bit", "byte", "edge", "zeros", "noise", "cut", "lose", "insert", "exchange"))
    if kind == "bit":
        changed[at] ^= 1 << draw.randrange(8)
    elif kind == "byte":
        changed[at] = draw.randrange(256)
    elif kind == "edge":
        changed[at : at + 4] = draw.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\0\0"))
    elif kind == "zeros":
        changed[at : at + length] = bytes(length)
    elif kind == "noise":
        changed[at : at + length] = draw.randbytes(length)
    elif kind == "cut":
        del changed[at:]
    elif kind == "lose":
        del changed[at : at + length]
    elif kind == "insert":
        changed[at:at] = draw.randbytes(length)
    else:
        other = draw.randrange(len(data))
        changed[at : at + length], changed[other : other + length] = (
            data[other : other + length],
            data[at : at + length],
        )
    return bytes(changed)


@pytest.mark.slow
def test_every_damaged_video_is_read_or_refused_in_one_sentence(encode: Encode, moving: Moving, tmp_path: Path) -> None:
    frames = moving(10)
    draw = random.Random(0)
    outcomes: Counter[str] = Counter()
    for name, (codec, options, pixels) in FILES.items():
        whole = encode(name, frames, codec, options, pixels=pixels, tags=TITLE, muxing=EXACT).read_bytes()
        path = tmp_path / f"damaged{Path(name).suffix}"
        for _ in range(MUTATIONS):
            path.write_bytes(mutated(whole, draw))
            outcomes[outcome(path, frames.shape)] += 1
    assert outcomes.total() == MUTATIONS * len(FILES) >= 300
    assert outcomes["as before"] > 30 and outcomes["refused"] > 100, "damage must matter, and not always"
    assert outcomes["other number"] + outcomes["other size"] <= SILENT, outcomes


def outcome(path: Path, shape: tuple[int, ...]) -> str:
    try:
        video = open_video(path)
        sizes = [frame.shape for frame in video.frames()]
    except ClipError as error:
        assert str(path) in str(error) and "\n" not in str(error)
        return "refused"
    assert video.num_frames == len(sizes)
    if len(sizes) != shape[0]:
        return "other number"
    return "as before" if set(sizes) == {shape[1:]} else "other size"
