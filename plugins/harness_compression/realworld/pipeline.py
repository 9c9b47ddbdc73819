"""The steps in their order. Implements `harness.contracts.DrawnDegradation`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.random import Generator
from torch import Tensor

from harness.errors import UsageError
from harness.video.degrade import Bicubic
from harness.video.frames import Bytes
from harness_compression.drawn import generator
from harness_compression.realworld.blurs import CUTOFF, Blur, Image
from harness_compression.realworld.steps import Fit, Noise, Resize, as_bytes, codec, jpeg
from harness_compression.realworld.walks import Walk

Step = Callable[[Iterator[Image], Generator], Iterator[Image]]
FIRST: tuple[Step, ...] = (
    Blur(Walk(0.2, 3, 0.02)),
    Resize((0.2, 0.7, 0.1), Walk(0.15, 1.5, 0.015)),
    Noise(Walk(1, 30, 0.1), Walk(0.05, 3, 0.005)),
    jpeg,
    codec,
)
SECOND: tuple[Step, ...] = (
    Blur(Walk(0.2, 1.5, 0.02), probability=0.8),
    Resize((0.3, 0.4, 0.3), Walk(0.3, 1.2, 0.03)),
    Noise(Walk(1, 25, 0.1), Walk(0.05, 2.5, 0.005)),
    jpeg,
)
RINGING = Blur(Walk(0, 0), {"sinc": 1.0}, probability=0.8, wide_cutoff=CUTOFF)


@dataclass
class RealWorld:
    """The degradation that RealBasicVSR is trained with: two rounds, and a last resizing and encoding in either order.

    Everything is drawn by `seed` and the clip's id, each step by itself. `library` only tells results apart.
    Source: Chan et al., Investigating Tradeoffs in Real-World Video Super-Resolution, CVPR 2022; the parameters are
    those of the authors' configuration. Raises `UsageError` for a negative seed.
    """

    scale: int
    seed: int = 0
    library: str = ""

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise UsageError(f"realworld: seed={self.seed}: expected 0 or more")

    def degrade(self, hr: Tensor) -> Tensor:
        """Bicubic alone: ``(T, 3, H, W)`` to ``(T, 3, H / scale, W / scale)``, both in [0, 1]."""
        return Bicubic(self.scale).degrade(hr)

    def degrade_clip(self, frames: Iterator[Bytes], clip_id: str) -> Iterator[Bytes]:
        """HR frames of a clip, uint8 ``(H, W, 3)`` RGB, to as many LR frames ``(H / scale, W / scale, 3)``."""
        first = next(frames, None)
        if first is None:
            return
        size = (first.shape[0] // self.scale, first.shape[1] // self.scale)
        images: Iterator[Image] = (frame.astype(np.float32) for frame in chain([first], frames))
        for number, step in enumerate(self.steps(size, clip_id), 1):
            images = step(images, generator(self.seed, clip_id, number))
        for image in images:
            yield as_bytes(image)

    def steps(self, size: tuple[int, int], clip_id: str) -> list[Step]:
        """The steps of a clip whose LR frames have this height and width."""
        last: tuple[Step, ...] = (Fit(size), RINGING)
        encoded_last = generator(self.seed, clip_id).uniform() < 0.5
        return [*FIRST, *SECOND, *((*last, codec) if encoded_last else (codec, *last))]
