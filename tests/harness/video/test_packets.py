"""Edit lists, joined streams and unknown lengths: what a player shows is read, and what is missing is still found."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from harness.errors import ClipError
from harness.video.frames import open_video

Encode = Callable[..., Path]
Moving = Callable[..., NDArray[np.uint8]]
GROUPS = {"g": "10", "bf": "2", "sc_threshold": "0"}
"""A key picture every ten frames."""
CODECS = {
    "libx264": GROUPS,
    "libx265": {"x265-params": "log-level=none:keyint=10:min-keyint=10:scenecut=0"},
    "mpeg4": {"g": "10"},
    "libvpx-vp9": {"g": "10"},
}


EDITS = b"moov", b"trak", b"edts", b"elst"


def edited(source: Path, *entries: tuple[int | None, int]) -> Path:
    """An MP4 of 25 frames a second whose edit list is `entries`: first frame, or None for a pause, and length."""
    data = bytearray(source.read_bytes())
    boxes = [_box(data, EDITS[: depth + 1]) for depth in range(len(EDITS))]
    ticks = struct.unpack_from(">I", data, _box(data, (b"moov", b"trak", b"mdia", b"mdhd")) + 20)[0] // 25
    begin = struct.unpack_from(">i", data, boxes[-1] + 20)[0]
    times = [(40 * length, -1 if first is None else begin + first * ticks) for first, length in entries]
    body = struct.pack(">II", 0, len(times)) + b"".join(struct.pack(">Iihh", *time, 1, 0) for time in times)
    size = struct.unpack_from(">I", data, boxes[-1])[0]
    data[boxes[-1] + 8 : boxes[-1] + size] = body
    for box in boxes:
        struct.pack_into(">I", data, box, struct.unpack_from(">I", data, box)[0] + 8 + len(body) - size)
    target = source.with_name(f"edited{source.suffix}")
    target.write_bytes(data)
    return target


def _box(data: bytes | bytearray, names: tuple[bytes, ...]) -> int:
    """Where a box of an MP4 begins."""
    at = 0
    for depth, name in enumerate(names):
        while data[at + 4 : at + 8] != name:
            at += struct.unpack_from(">I", data, at)[0]
        at += 8 if depth < len(names) - 1 else 0
    return at


@pytest.mark.parametrize("codec", CODECS)
def test_an_edit_list_hides_frames_and_nothing_is_called_truncated(encode: Encode, moving: Moving, codec: str) -> None:
    whole = encode("whole.mp4", moving(40), codec, CODECS[codec])
    frames = open_video(whole).read()
    assert len(frames) == 40
    for first, count in ((0, 18), (0, 39), (0, 30), (22, 18), (10, 30), (13, 12), (3, 37)):
        video = open_video(edited(whole, (first, count)))
        assert np.array_equal(video.read(), frames[first : first + count]), (first, count)
        assert video.num_frames == video.likely_frames == count


def test_a_pause_before_and_several_edits_are_played_as_listed(encode: Encode, moving: Moving) -> None:
    whole = encode("whole.mp4", moving(40), options=GROUPS)
    frames = open_video(whole).read()
    assert np.array_equal(open_video(edited(whole, (None, 10), (22, 9))).read(), frames[22:31])
    assert np.array_equal(open_video(edited(whole, (2, 5), (33, 4))).read(), frames[[2, 3, 4, 5, 6, 33, 34, 35, 36]])
    assert np.array_equal(open_video(edited(whole, (31, 2), (11, 2))).read(), frames[[31, 32, 11, 12]])


@pytest.mark.parametrize(("first", "count"), [(0, 18), (22, 18)])
def test_a_trimmed_file_that_lacks_bytes_is_still_found(encode: Encode, moving: Moving, first: int, count: int) -> None:
    path = edited(encode("whole.mp4", moving(40), options=GROUPS), (first, count))
    data = path.read_bytes()
    moov = _box(data, (b"moov",))
    assert moov > len(data) // 2, "the index must follow the frames"
    path.write_bytes(data[: moov // 4] + bytes(moov - moov // 4) + data[moov:])
    with pytest.raises(ClipError, match=r"truncated|damaged|decoded"):
        open_video(path).read()


def test_an_index_that_lost_frames_is_no_edit_list(encode: Encode, moving: Moving) -> None:
    path = encode("whole.mp4", moving(40), options=GROUPS)
    data = bytearray(path.read_bytes())
    at = data.find(b"stsz") + 12
    assert struct.unpack_from(">I", data, at)[0] == 40
    struct.pack_into(">I", data, at, 33)
    path.write_bytes(data)
    with pytest.raises(ClipError, match="truncated"):
        open_video(path).read()


def test_fragments_that_are_announced_must_be_there(encode: Encode, moving: Moving) -> None:
    path = encode("fragments.mp4", moving(40), options=GROUPS, muxing={"movflags": "frag_keyframe+empty_moov"})
    assert len(open_video(path).read()) == 40
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    with pytest.raises(ClipError, match=r"truncated|decoded"):
        open_video(path).read()


@pytest.mark.parametrize("codec", ["libx264", "libx265", "mpeg2video"])
def test_joined_transport_streams_are_read_whole(encode: Encode, moving: Moving, tmp_path: Path, codec: str) -> None:
    options = CODECS.get(codec, GROUPS)
    parts = [
        encode(f"{index}.ts", moving(count, seed=index), codec, options) for index, count in enumerate((18, 9, 21))
    ]
    path = tmp_path / "joined.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    frames = open_video(path).read()
    assert np.array_equal(frames, np.concatenate([open_video(part).read() for part in parts]))


def test_a_loss_within_a_transport_stream_is_found(encode: Encode, moving: Moving) -> None:
    path = encode("loss.ts", moving(30, 96, 128), options={"g": "30", "crf": "5"})
    data = path.read_bytes()
    middle = len(data) // 2 // 188 * 188
    path.write_bytes(data[:middle] + data[middle + 5 * 188 :])
    with pytest.raises(ClipError, match=r"damaged|decoded"):
        open_video(path).read()


def test_a_transport_stream_that_begins_within_a_group_is_read_from_its_first_key_picture(
    encode: Encode, moving: Moving
) -> None:
    path = encode("tail.ts", moving(30), options={**GROUPS, "bf": "0"})
    frames = open_video(path).read()
    path.write_bytes(path.read_bytes()[188 * 20 :])
    found = open_video(path).read()
    assert len(found) in (10, 20) and np.array_equal(found, frames[-len(found) :])


def test_a_video_of_unknown_length_has_an_estimate(encode: Encode, moving: Moving) -> None:
    path = encode("live.mkv", moving(14), muxing={"live": "1"})
    with av.open(str(path)) as container:
        assert container.duration is None and container.streams.video[0].frames == 0, "its length must be unknown"
    video = open_video(path)
    assert video.likely_frames == 14 and len(video.read()) == 14


def test_a_size_that_the_codec_contradicts_is_refused_or_corrected(encode: Encode, moving: Moving) -> None:
    path = encode("size.webm", moving(4), "libvpx")
    data = bytearray(path.read_bytes())
    width = data.find(b"\xb0\x81\x40\xba\x81\x30")
    assert width > 0, "the sizes of this track are not where they were looked for"
    data[width + 5] = 40
    path.write_bytes(data)
    with pytest.raises(ClipError, match="a frame of 64x48 in a video of 64x40"):
        open_video(path).read()
    path = encode("size.avi", moving(4), "mpeg4")
    data = bytearray(path.read_bytes())
    struct.pack_into("<ii", data, data.find(b"strf") + 12, 64, 40)
    path.write_bytes(data)
    assert open_video(path).read().shape == (4, 48, 64, 3)
