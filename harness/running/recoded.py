"""The LR clip of a degradation that needs whole clips: degraded frame by frame, then sent through the degradation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np

from harness.contracts import ClipDegradation
from harness.errors import ContractError
from harness.running.clock import Clock
from harness.running.guarding import guarded
from harness.video.derived import DerivedVideo, facts_of
from harness.video.frames import Bytes, Video, crop_to_multiple, multiple_of, to_tensor, to_uint8

AT_ONCE = 8
"""Frames that are degraded together."""


@dataclass(frozen=True)
class RecodedVideo(DerivedVideo):
    """The LR frames that a `ClipDegradation` makes of an HR video. It is made anew whenever the frames are read.

    There are fewer than in the video if the degradation drops some.
    """

    degradation: ClipDegradation | None = None

    @classmethod
    def of(cls, video: Video, degradation: ClipDegradation) -> RecodedVideo:
        height, width = multiple_of(video.size, degradation.scale)
        size = (height // degradation.scale, width // degradation.scale)
        return cls(**{**facts_of(video), "size": size}, original=video, degradation=degradation)

    @cached_property
    def num_frames(self) -> int:
        return Clock.of(self.source.num_frames, self.degradation).lr_frames

    def frames(self) -> Iterator[Bytes]:
        """All LR frames, uint8 ``(h, w, 3)``. Raises `ContractError` if the degradation changes number or size."""
        assert self.degradation is not None
        count = 0
        recoded = self.degradation.recode(self._degraded(), self.fps)
        while (frame := self._next(recoded)) is not None:
            if frame.shape != (*self.size, 3) or frame.dtype != np.uint8:
                raise ContractError(
                    f"recode: a frame of {frame.dtype} {frame.shape}; expected uint8 {(*self.size, 3)}, as it was given"
                )
            count += 1
            yield frame
        if count != self.num_frames:
            raise ContractError(f"recode: {count} frames; expected {self.num_frames}")

    def _next(self, recoded: Iterator[Bytes]) -> Bytes | None:
        with guarded(self.degradation):
            return next(recoded, None)

    def _degraded(self) -> Iterator[Bytes]:
        assert self.degradation is not None
        frames = self.source.frames()
        while block := list(islice(frames, AT_ONCE)):
            cropped = crop_to_multiple(to_tensor(np.stack(block)), self.degradation.scale)
            yield from to_uint8(self.degradation.degrade(cropped))
