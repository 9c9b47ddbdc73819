"""Videos that show the frames of another video in another way."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from harness.video.frames import Video


def facts_of(video: Video) -> dict[str, Any]:
    """What a video says of itself, to make one of another class from it."""
    return {item.name: getattr(video, item.name) for item in fields(Video)}


@dataclass(frozen=True)
class DerivedVideo(Video):
    """Shows the frames of `original`, as many as it has unless a subclass says otherwise."""

    original: Video | None = None

    @property
    def source(self) -> Video:
        assert self.original is not None
        return self.original

    @cached_property
    def num_frames(self) -> int:
        return self.source.num_frames

    @property
    def likely_frames(self) -> int:
        return self.source.likely_frames
