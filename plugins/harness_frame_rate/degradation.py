"""LR clips of a camera that takes fewer frames. Implements `harness.contracts.SlowDegradation`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from torch import Tensor

from harness.errors import UsageError
from harness.video.degrade import Bicubic
from harness.video.frames import Bytes


@dataclass(frozen=True)
class FrameRate:
    """Bicubic LR frames, of which every `keep`-th is kept, beginning with the first.

    With `blend` the mean of each interval of `keep` frames is taken instead, of 8-bit levels as they are: an exposure
    that lasts until the next one begins. The last interval may be shorter. A clip of T frames has ceil(T / keep).
    """

    scale: int
    keep: int
    blend: bool = False

    def __post_init__(self) -> None:
        if self.keep < 2:
            raise UsageError(f"frame_rate: keep={self.keep}: expected 2 (half the rate) or more")

    def degrade(self, hr: Tensor) -> Tensor:
        """``(T, 3, H, W)`` to ``(T, 3, H / scale, W / scale)``, both in [0, 1]: the frames before any is dropped."""
        return Bicubic(self.scale).degrade(hr)

    def recode(self, frames: Iterator[Bytes], fps: float) -> Iterator[Bytes]:
        """The LR frames that are left, uint8 ``(h, w, 3)``."""
        while interval := list(islice(frames, self.keep)):
            yield _mean(interval) if self.blend else interval[0]

    def times(self, num_frames: int) -> Sequence[float]:
        """When the LR frames were taken, in HR frames: of a blended one the middle of its interval."""
        starts = range(0, num_frames, self.keep)
        if not self.blend:
            return [float(start) for start in starts]
        return [(start + min(start + self.keep, num_frames) - 1) / 2 for start in starts]


def _mean(interval: Sequence[Bytes]) -> Bytes:
    mean: Bytes = np.rint(np.stack(interval).mean(axis=0, dtype=np.float32)).astype(np.uint8)
    return mean
