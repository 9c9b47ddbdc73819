"""The blur of a clip: its kind and size are drawn once, its parameters walk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from harness_compression.realworld.kernels import Kernel, covariance, gaussian, plateau, sinc
from harness_compression.realworld.walks import Walk

Image = NDArray[np.float32]
"""``(H, W, 3)`` RGB in 0..255, possibly beyond."""
SHAPES: Mapping[str, float] = {
    "iso": 0.405,
    "aniso": 0.225,
    "generalised-iso": 0.108,
    "generalised-aniso": 0.027,
    "plateau-iso": 0.108,
    "plateau-aniso": 0.027,
    "sinc": 0.1,
}
"""Kinds of kernels, each with its probability."""
SIZES = (7, 9, 11, 13, 15, 17, 19, 21)
WIDE = 13
"""From this size on a sinc may cut lower frequencies."""
ANGLE = Walk(-np.pi, np.pi, 0.1 * np.pi)
GAUSSIAN_BETA = Walk(0.5, 4, 0.05)
PLATEAU_BETA = Walk(1, 2, 0.1)
CUTOFF, WIDE_CUTOFF = Walk(np.pi / 3, np.pi, 0.02 * np.pi), Walk(np.pi / 5, np.pi, 0.02 * np.pi)


@dataclass(frozen=True)
class Blur:
    """Blurs with probability `probability`; `sigma` is the standard deviation of either axis in pixels."""

    sigma: Walk
    shapes: Mapping[str, float] = field(default_factory=lambda: SHAPES)
    probability: float = 1.0
    wide_cutoff: Walk = WIDE_CUTOFF

    def __call__(self, frames: Iterator[Image], rng: Generator) -> Iterator[Image]:
        """Frames of any one size, blurred; borders are reflected."""
        if rng.uniform() >= self.probability:
            return frames
        kernels = self.kernels(rng)
        return (cv2.filter2D(frame, -1, next(kernels)) for frame in frames)

    def kernels(self, rng: Generator) -> Iterator[Kernel]:
        """One kernel a frame, without end."""
        shape = str(rng.choice(list(self.shapes), p=list(self.shapes.values())))
        size = int(rng.choice(SIZES))
        if shape == "sinc":
            cutoffs = (self.wide_cutoff if size >= WIDE else CUTOFF).values(rng)
            return (sinc(size, cutoff) for cutoff in cutoffs)
        spreads = self._spreads(shape.endswith("aniso"), rng)
        if shape.startswith("plateau"):
            return map(partial(plateau, size), spreads, PLATEAU_BETA.values(rng))
        betas = (GAUSSIAN_BETA if shape.startswith("generalised") else Walk(1, 1)).values(rng)
        return map(partial(gaussian, size), spreads, betas)

    def _spreads(self, has_axes: bool, rng: Generator) -> Iterator[Kernel]:
        if not has_axes:
            return (covariance(sigma, sigma, 0) for sigma in self.sigma.values(rng))
        return map(covariance, self.sigma.values(rng), self.sigma.values(rng), ANGLE.values(rng))
