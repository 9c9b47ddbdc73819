"""Local names that look like something else, text that is not UTF-8, cover pictures, and what is no video."""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.stream import Disposition
from numpy.typing import NDArray

from harness.errors import ClipError
from harness.video.container import open_container
from harness.video.frames import open_video

Encode = Callable[..., Path]
Moving = Callable[..., NDArray[np.uint8]]
NAMES = [
    b"12:30:05.mp4",
    b"file:x.mp4",
    b"http:x.mp4",
    b"concat:a|b.mp4",
    b"-y.mp4",
    b"50%.mp4",
    b"clip%03d.mp4",
    b"a?b#c*[d].mp4",
    b" blank .mp4",
    b"line\nbreak.mp4",
    "\u00e9t\u00e9.mp4".encode(),
    b"caf\xe9.mp4",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_local_name_is_a_local_name(
    encode: Encode, moving: Moving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path(os.fsdecode(name))
    shutil.copy(encode("given.mp4", moving(3)), path)
    for given in (path, Path("./") / path, tmp_path / path):
        assert open_video(given).read().shape == (3, 48, 64, 3)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi"])
def test_a_title_that_is_not_utf8_is_no_obstacle(encode: Encode, moving: Moving, suffix: str) -> None:
    tags = {"title": "caf\u00e9", "comment": "\u00fcber"}
    path = encode(f"titled{suffix}", moving(3), "mpeg4", tags=tags, encoding="latin-1")
    with pytest.raises(UnicodeDecodeError):
        av.open(str(path))
    assert open_video(path).read().shape == (3, 48, 64, 3)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_the_moving_stream_is_read_wherever_the_cover_stands(tmp_path: Path, moving: Moving, suffix: str) -> None:
    path = with_cover(tmp_path / f"video{suffix}", moving(20))
    for covered in (path, *([cover_to_front(path, tmp_path / "front.mp4")] if suffix == ".mp4" else [])):
        assert open_video(covered).read().shape == (20, 48, 64, 3)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_sound_with_a_cover_is_no_video(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(ClipError, match="no video stream"):
        open_video(with_cover(tmp_path / f"music{suffix}", None))


def test_of_two_moving_streams_the_default_one_is_read(tmp_path: Path, moving: Moving) -> None:
    with av.open(str(tmp_path / "two.mkv"), "w") as output:
        streams = [output.add_stream("libx264", rate=25) for _ in range(2)]
        for stream, default in zip(streams, (False, True), strict=True):
            stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
            stream.disposition = Disposition.default if default else Disposition(0)
        for stream, count in zip(streams, (9, 7), strict=True):
            for image in moving(count):
                output.mux(stream.encode(av.VideoFrame.from_ndarray(image)))
            output.mux(stream.encode())
    assert len(open_video(tmp_path / "two.mkv").read()) == 7


def test_a_list_of_addresses_fetches_nothing(tmp_path: Path) -> None:
    path = tmp_path / "list.m3u8"
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://localhost:1/a.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(ClipError, match=r"list\.m3u8: (truncated or not a video|it has no video)"):
        open_video(path)


def test_what_cannot_be_opened_gets_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("not a video\n" * 100)
    for path, message in (
        (tmp_path / "none.mp4", "cannot be opened: No such file"),
        (tmp_path / "text.mp4", "truncated or not a video file"),
        (tmp_path / "lone\ud800.mp4", "not a video file"),
    ):
        with pytest.raises(ClipError, match=message), open_container(path, "the clip"):
            pass


@pytest.mark.parametrize("side", [65535, 16000, 8000])
def test_absurd_sizes_with_little_data_are_refused_before_memory_is_taken(
    encode: Encode, moving: Moving, tmp_path: Path, side: int
) -> None:
    data = bytearray(encode("raw.avi", moving(3), "rawvideo").read_bytes())
    struct.pack_into("<ii", data, data.find(b"strf") + 12, side, side)
    (tmp_path / "absurd.avi").write_bytes(data)
    with pytest.raises(ClipError, match=r"absurd\.avi"):
        open_video(tmp_path / "absurd.avi").read()


def with_cover(path: Path, frames: NDArray[np.uint8] | None) -> Path:
    """A video, or if there are no frames a second of silence, with a large picture as its cover."""
    picture = np.full((200, 200, 3), 255, np.uint8)
    with av.open(str(path), "w") as output:
        if path.suffix == ".mkv":
            output.add_attachment("cover.jpg", "image/jpeg", cv2.imencode(".jpg", picture)[1].tobytes())
        if frames is None:
            stream = output.add_stream("aac", rate=48000, layout="mono")
        else:
            stream = output.add_stream("libx264", rate=25)
            stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], "yuv420p"
        if path.suffix == ".mp4":
            cover = output.add_stream("mjpeg", rate=25)
            cover.height, cover.width, cover.pix_fmt = *picture.shape[:2], "yuvj420p"
            cover.disposition = Disposition.attached_pic
            output.mux(cover.encode(av.VideoFrame.from_ndarray(picture).reformat(format="yuvj420p")))
        for item in _silence() if frames is None else map(av.VideoFrame.from_ndarray, frames):
            output.mux(stream.encode(item))
        output.mux(stream.encode())
    return path


def _silence() -> Iterator[av.AudioFrame]:
    for index in range(40):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 48000, 1024 * index
        yield frame


def cover_to_front(source: Path, target: Path) -> Path:
    """An MP4 whose meta data, which hold the cover, precede its tracks, so that the cover is its first stream."""
    data = source.read_bytes()
    at, size, _ = next(box for box in _boxes(data, 0, len(data)) if box[2] == b"moov")
    inner = sorted(_boxes(data, at + 8, at + size), key=lambda box: {b"mvhd": 0, b"udta": 1}.get(box[2], 2))
    moov = data[at : at + 8] + b"".join(data[begin : begin + length] for begin, length, _ in inner)
    target.write_bytes(data[:at] + moov + data[at + size :])
    with av.open(str(target)) as container:
        assert container.streams[0].disposition & Disposition.attached_pic, "the cover must stand first"
    return target


def _boxes(data: bytes, begin: int, end: int) -> Iterator[tuple[int, int, bytes]]:
    while begin < end:
        size, kind = struct.unpack_from(">I4s", data, begin)
        yield begin, size, kind
        begin += size
