"""The LR clip of a degradation that needs whole clips."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
from torch import Tensor

from harness.contracts import ClipDegradation, DrawnDegradation
from harness.errors import ContractError
from harness.running.clock import Clock
from harness.running.guarding import guarded
from harness.video.derived import DerivedVideo, facts_of
from harness.video.frames import Bytes, Video, crop_to_multiple, multiple_of, to_tensor, to_uint8

AT_ONCE = 8
"""Frames that are degraded together."""


@dataclass(frozen=True)
class RecodedVideo(DerivedVideo):
    """The LR frames that a degradation of whole clips makes of an HR video. They are made anew whenever they are read.

    There are fewer than in the video if the degradation drops some.

    Those of a `ClipDegradation` are degraded one by one, then sent through it.
    """

    degradation: ClipDegradation | DrawnDegradation | None = None
    clip_id: str = ""

    @classmethod
    def of(cls, video: Video, degradation: ClipDegradation | DrawnDegradation, clip_id: str = "") -> RecodedVideo:
        height, width = multiple_of(video.size, degradation.scale)
        size = (height // degradation.scale, width // degradation.scale)
        return cls(**{**facts_of(video), "size": size}, original=video, degradation=degradation, clip_id=clip_id)

    @cached_property
    def num_frames(self) -> int:
        return Clock.of(self.source.num_frames, self.degradation).lr_frames

    def frames(self) -> Iterator[Bytes]:
        """All LR frames, uint8 ``(h, w, 3)``. Raises `ContractError` if the degradation changes number or size."""
        count = 0
        call, recoded = self._recoded()
        while (frame := self._next(recoded)) is not None:
            if frame.shape != (*self.size, 3) or frame.dtype != np.uint8:
                raise ContractError(f"{call}: a frame of {frame.dtype} {frame.shape}; expected uint8 {(*self.size, 3)}")
            count += 1
            yield frame
        if count != self.num_frames:
            raise ContractError(f"{call}: {count} frames; expected {self.num_frames}")

    def _recoded(self) -> tuple[str, Iterator[Bytes]]:
        """What the degradation is asked for, and the frames that it then makes."""
        assert self.degradation is not None
        if isinstance(self.degradation, DrawnDegradation):
            frames = (frame for block in self._blocks() for frame in to_uint8(block))
            return "degrade_clip", self.degradation.degrade_clip(frames, self.clip_id)
        return "recode", self.degradation.recode(self._degraded(), self.fps)

    def _next(self, recoded: Iterator[Bytes]) -> Bytes | None:
        with guarded(self.degradation):
            return next(recoded, None)

    def _degraded(self) -> Iterator[Bytes]:
        assert self.degradation is not None
        for block in self._blocks():
            yield from to_uint8(self.degradation.degrade(block))

    def _blocks(self) -> Iterator[Tensor]:
        """HR frames with sides that are multiples of the scale, a few at a time."""
        assert self.degradation is not None
        frames = self.source.frames()
        while block := list(islice(frames, AT_ONCE)):
            yield crop_to_multiple(to_tensor(np.stack(block)), self.degradation.scale)
