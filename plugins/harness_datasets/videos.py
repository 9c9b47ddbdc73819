"""Videos that are not simply a whole file: resized, cut out of a file, or kept as images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import cv2

from harness.errors import ClipError, UsageError
from harness.video.frames import Bytes, Video, to_tensor, to_uint8
from harness.video.imresize import imresize


def parse_size(text: str) -> tuple[int, int] | None:
    """``HEIGHTxWIDTH`` in pixels, or None for an empty text. Raises `UsageError`."""
    if not text:
        return None
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if match is None or "0" in match.groups():
        raise UsageError(f"size={text}: expected HEIGHTxWIDTH in pixels, such as size=192x256")
    return int(match[1]), int(match[2])


def _facts(video: Video) -> dict[str, Any]:
    return {item.name: getattr(video, item.name) for item in fields(Video)}


@dataclass(frozen=True)
class _Derived(Video):
    """Shows the frames of another video in another way."""

    original: Video | None = None

    @property
    def _source(self) -> Video:
        assert self.original is not None
        return self.original


@dataclass(frozen=True)
class ResizedVideo(_Derived):
    """A video whose frames are resized to `size` (MATLAB's antialiased bicubic, aspect ratio ignored), 8 bits."""

    @classmethod
    def of(cls, video: Video, size: tuple[int, int]) -> ResizedVideo:
        return cls(**{**_facts(video), "size": size}, original=video)

    @cached_property
    def num_frames(self) -> int:
        return self._source.num_frames

    @property
    def likely_frames(self) -> int:
        return self._source.likely_frames

    def frames(self) -> Iterator[Bytes]:
        for frame in self._source.frames():
            yield to_uint8(imresize(to_tensor(frame[None]), self.size))[0]


@dataclass(frozen=True)
class VideoPart(_Derived):
    """Frames `first` to `last` of a video, both counted from 1 and inclusive, as annotations count them."""

    first: int = 1
    last: int = 1

    @classmethod
    def of(cls, video: Video, first: int, last: int) -> VideoPart:
        return cls(**_facts(video), original=video, first=first, last=last)

    @cached_property
    def num_frames(self) -> int:
        return self.last - self.first + 1

    @property
    def likely_frames(self) -> int:
        return self.num_frames

    def frames(self) -> Iterator[Bytes]:
        """The frames of the part. Raises `ClipError` if the video ends before the part does."""
        shown = 0
        for frame in islice(self._source.frames(), self.first - 1, self.last):
            shown += 1
            yield frame
        if shown < self.num_frames:
            end = self.first - 1 + shown
            part = f"frames {self.first} to {self.last}"
            raise ClipError(f"{self.name}: annotated with {part}, but the file ends at {end}")


@dataclass(frozen=True)
class ImageVideo(Video):
    """A video kept as one image file per frame."""

    images: tuple[Path, ...] = ()

    @cached_property
    def num_frames(self) -> int:
        return len(self.images)

    def frames(self) -> Iterator[Bytes]:
        """All frames, uint8 ``(H, W, 3)`` RGB. Raises `ClipError` for an image that is damaged or of another size."""
        for file in self.images:
            frame = _read_image(file, self.name)
            if frame.shape[:2] != self.size:
                raise ClipError(f"{self.name}: {file.name} is not {self.size[1]}x{self.size[0]} like the first image")
            yield frame


def open_images(images: tuple[Path, ...], clip_id: str, fps: float = 0.0) -> ImageVideo:
    """A clip kept as images, which are its frames in order. Raises `ClipError`."""
    if not images:
        raise ClipError(f"clip {clip_id!r}: it has no image; check the data folder (--data)")
    folder = images[0].parent
    name = f"clip {clip_id!r} ({folder})"
    height, width = _read_image(images[0], name).shape[:2]
    return ImageVideo(folder, name, (height, width), fps, len(images), exact=True, images=images)


def _read_image(file: Path, name: str) -> Bytes:
    image = cv2.imread(str(file), cv2.IMREAD_COLOR) if file.is_file() else None
    if image is None:
        raise ClipError(f"{name}: {file.name} is missing or not a readable image; restore it")
    found: Bytes = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    return found
