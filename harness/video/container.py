"""Opening a video file: the one place that calls `av.open` for reading, and that chooses its moving stream."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from harness.errors import ClipError

MEND = "get or make the file again"
STILL = Disposition.attached_pic | Disposition.timed_thumbnails
"""Cover pictures and previews: libav lists them as video streams, players do not play them."""
LOCAL = {"protocol_whitelist": "file", "pattern_type": "none"}
"""A file neither fetches others over the network, nor is a percent sign in its name a pattern for several."""

MOST_PIXELS = 1 << 26
"""Pixels of the largest picture that is decoded, 8192x8192: damaged files announce far larger ones."""
LIMITS = {"max_pixels": str(MOST_PIXELS)}


@contextmanager
def open_container(path: Path, name: str | None = None) -> Iterator[InputContainer]:
    """Open a local video file for reading; whatever its name looks like, it is a file, never an address.

    `name` is what errors call it; the path if None. Text in the file that is not UTF-8 is replaced, not refused.
    Raises `ClipError` if the file is missing, unreadable or not a video, and for libav's errors while it is read.
    """
    name = str(path) if name is None else name
    with _opened(path, name) as container:
        try:
            yield container
        except av.FFmpegError as error:
            raise ClipError(f"{name}: truncated or damaged: {reason(error)}; {MEND}") from error


def _opened(path: Path, name: str) -> InputContainer:
    try:
        address = local(path)
        opened: InputContainer = av.open(address, metadata_errors="replace", options=LIMITS, container_options=LOCAL)
    except (av.FileNotFoundError, av.PermissionError, av.IsADirectoryError) as error:
        raise ClipError(f"{name}: cannot be opened: {error.strerror}; check its path and permissions") from error
    except (av.FFmpegError, MemoryError, ValueError) as error:
        raise ClipError(f"{name}: truncated or not a video file: {reason(error)}; {MEND}") from error
    return opened


def local(path: Path) -> str:
    """What libav is given to read or write a file: behind this prefix it takes any name for one, even with a colon."""
    return "file:" + os.path.abspath(path)


def reason(error: BaseException) -> str:
    """What libav says of an error, in a few words."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def moving_stream(container: InputContainer, name: str) -> VideoStream:
    """The video stream that a player shows; never a cover picture, wherever it stands among the streams.

    `name` is what errors call the file. Raises `ClipError` if there is none, or none that can be decoded.
    """
    moving = [stream for stream in container.streams.video if not stream.disposition & STILL]
    if not moving:
        raise ClipError(f"{name}: it has no video stream; only video files can be read")
    best = container.streams.best("video")
    stream = best if isinstance(best, VideoStream) and best in moving else moving[0]
    if cast("object | None", stream.codec_context) is None:
        raise ClipError(f"{name}: its codec is not known to the decoder; encode it again, for instance as H.264")
    return stream
