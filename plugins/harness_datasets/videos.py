"""Videos that are not simply a whole file: resized, cut out of one, or kept as pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from harness.contracts import Clip
from harness.datasets.listing import frames_in
from harness.errors import ClipError, UsageError
from harness.video.derived import DerivedVideo, facts_of
from harness.video.frames import Bytes, Video, to_tensor, to_uint8
from harness.video.imresize import imresize
from harness.video.pictures import open_pictures


def parse_size(text: str) -> tuple[int, int] | None:
    """``HEIGHTxWIDTH`` in pixels, or None for an empty text. Raises `UsageError`."""
    if not text:
        return None
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if match is None or "0" in match.groups():
        raise UsageError(f"size={text}: expected HEIGHTxWIDTH in pixels, such as size=192x256")
    return int(match[1]), int(match[2])


@dataclass(frozen=True)
class ResizedVideo(DerivedVideo):
    """A video whose frames are resized to `size` (MATLAB's antialiased bicubic, aspect ratio ignored), 8 bits."""

    @classmethod
    def of(cls, video: Video, size: tuple[int, int]) -> ResizedVideo:
        return cls(**{**facts_of(video), "size": size}, original=video)

    def frames(self) -> Iterator[Bytes]:
        for frame in self.source.frames():
            yield to_uint8(imresize(to_tensor(frame[None]), self.size))[0]


@dataclass(frozen=True)
class VideoPart(DerivedVideo):
    """Frames `first` to `last` of a video, both counted from 1 and inclusive, as annotations count them."""

    first: int = 1
    last: int = 1

    @classmethod
    def of(cls, video: Video, first: int, last: int) -> VideoPart:
        """Raises `ClipError` if the video is known to end before the part does."""
        most = video.announced if video.exact else video.packets
        if last > most:
            raise _ends_early(video, first, last, most)
        return cls(**facts_of(video), original=video, first=first, last=last)

    @classmethod
    def middle(cls, video: Video, frames: int) -> VideoPart:
        """So many frames in the middle, or all of a video that has no more."""
        first = max(0, video.num_frames - frames) // 2 + 1
        return cls.of(video, first, min(video.num_frames, first + frames - 1))

    @cached_property
    def num_frames(self) -> int:
        return self.last - self.first + 1

    @property
    def likely_frames(self) -> int:
        return self.num_frames

    def frames(self) -> Iterator[Bytes]:
        """The frames of the part. Raises `ClipError` if the video ends before the part does."""
        shown = 0
        for frame in islice(self.source.frames(), self.first - 1, self.last):
            shown += 1
            yield frame
        if shown < self.num_frames:
            raise _ends_early(self, self.first, self.last, self.first - 1 + shown)


def _ends_early(video: Video, first: int, last: int, end: int) -> ClipError:
    return ClipError(f"{video.name}: annotated with frames {first} to {last}, but the file ends at {end}")


def open_folder(clip: Clip, fps: float = 0.0) -> Video:
    """A clip kept as a folder of pictures, which are its frames. Raises `ClipError`."""
    return open_images(frames_in(clip.path), clip.id, fps)


def open_images(images: Sequence[Path], clip_id: str, fps: float = 0.0) -> Video:
    """A clip kept as pictures of one folder, which are its frames in this order. Raises `ClipError`."""
    place = f" ({images[0].parent})" if images else ""
    return open_pictures(images, f"clip {clip_id!r}{place}", fps)
