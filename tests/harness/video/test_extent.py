"""Files that are shorter than their container says, by little."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.errors import ClipError
from harness.video.extent import is_cut
from harness.video.frames import open_video

Encode = Callable[..., Path]
Moving = Callable[..., NDArray[np.uint8]]
KINDS = {"a.mkv": ("libx264", "yuv420p"), "a.webm": ("libvpx", "yuv420p"), "a.ts": ("libx264", "yuv420p"),
         "a.m2ts": ("libx264", "yuv420p"), "a.gif": ("gif", "rgb8")}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_a_file_that_lacks_its_last_bytes_is_found(encode: Encode, moving: Moving, name: str) -> None:
    codec, pixels = KINDS[name]
    path = encode(name, moving(6), codec, pixels=pixels)
    assert len(open_video(path).read()) == 6
    data = path.read_bytes()
    for lost in (1, 20, 100):
        path.write_bytes(data[:-lost])
        with pytest.raises(ClipError, match=rf"{name}: truncated"):
            open_video(path)


def test_a_file_with_something_after_its_end_is_whole(encode: Encode, moving: Moving) -> None:
    path = encode("more.mkv", moving(6))
    path.write_bytes(path.read_bytes() + bytes(10))
    assert len(open_video(path).read()) == 6


def test_a_stream_of_unknown_size_is_not_cut(encode: Encode, moving: Moving, tmp_path: Path) -> None:
    live = encode("live.mkv", moving(6), muxing={"live": "1"})
    assert not is_cut(live, "matroska,webm") and len(open_video(live).read()) == 6
    (tmp_path / "short.mkv").write_bytes(b"\x1a\x45\xdf\xa3")
    assert not is_cut(tmp_path / "short.mkv", "matroska,webm") and not is_cut(tmp_path / "short.mkv", "another")


def test_a_transport_stream_with_something_before_its_first_packet_is_not_cut(encode: Encode, moving: Moving) -> None:
    path = encode("late.ts", moving(6))
    path.write_bytes(bytes(50) + path.read_bytes())
    assert len(open_video(path).read()) == 6
