"""The other steps: resizing, noise, JPEG, and a video codec. What is drawn for a clip stays; levels walk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

from harness.video.frames import Bytes
from harness_compression.codecs import jpeg_of, recoded
from harness_compression.realworld.blurs import Image
from harness_compression.realworld.walks import Walk

INTERPOLATIONS = (cv2.INTER_LINEAR, cv2.INTER_AREA, cv2.INTER_CUBIC)
LEAST = 10
"""Sides in pixels that nothing is made smaller than: what the published crops of 256 pixels become at least."""
GREY = 0.4
"""Probability that all three channels get the same noise."""
QUALITY = Walk(30, 95, 3, whole=True)
ENCODERS = ("libx264", "libx264", "mpeg4")
"""Each with the same probability: published are libx264, h264 and mpeg4, and FFmpeg encodes the second by the first."""
BIT_RATES = (10_000, 100_000)
BIT_RATE_FPS = 1.0
"""What the encoder is told, as in the authors' code: a bit rate is one of bits a frame."""


@dataclass(frozen=True)
class Resize:
    """Makes frames larger, smaller, or leaves them, with these probabilities; then the factor walks in its range."""

    ways: tuple[float, float, float]
    factor: Walk

    def __call__(self, frames: Iterator[Image], rng: Generator) -> Iterator[Image]:
        """Frames of one size to frames of several, with even sides of at least `LEAST` pixels."""
        interpolation = INTERPOLATIONS[int(rng.integers(len(INTERPOLATIONS)))]
        factors = self.factor.values(rng, self._first(rng))
        for frame in frames:
            factor = next(factors)
            height, width = (max(LEAST, 2 * int(side * factor / 2)) for side in frame.shape[:2])
            yield cv2.resize(frame, (width, height), interpolation=interpolation)

    def _first(self, rng: Generator) -> float:
        starts = (rng.uniform(1, self.factor.high), rng.uniform(self.factor.low, 1), 1.0)
        return starts[int(rng.choice(3, p=self.ways))]


@dataclass(frozen=True)
class Fit:
    """Resizes all frames to one size: height and width."""

    size: tuple[int, int]

    def __call__(self, frames: Iterator[Image], rng: Generator) -> Iterator[Image]:
        interpolation = INTERPOLATIONS[int(rng.integers(len(INTERPOLATIONS)))]
        return (cv2.resize(frame, self.size[::-1], interpolation=interpolation) for frame in frames)


@dataclass(frozen=True)
class Noise:
    """Gaussian noise of so many levels, or Poisson noise times so much, each with probability one half."""

    gaussian: Walk
    poisson: Walk

    def __call__(self, frames: Iterator[Image], rng: Generator) -> Iterator[Image]:
        shot, grey = rng.uniform() < 0.5, rng.uniform() < GREY
        amounts = (self.poisson if shot else self.gaussian).values(rng)
        make = poisson_noise if shot else gaussian_noise
        for frame in frames:
            yield frame + np.float32(next(amounts)) * make(frame, grey, rng)


def gaussian_noise(frame: Image, grey: bool, rng: Generator) -> Image:
    """Independent noise of standard deviation 1, ``(H, W, 3)``, or ``(H, W, 1)`` if `grey`."""
    return rng.standard_normal((*frame.shape[:2], 1 if grey else 3), dtype=np.float32)


def poisson_noise(frame: Image, grey: bool, rng: Generator) -> Image:
    """Shot noise of a frame, or of its luma if `grey`, as if 255 were so many photons as the frame has different
    levels, rounded up to a power of 2 (Real-ESRGAN). Shapes as in `gaussian_noise`."""
    levels = as_bytes(frame)
    if grey:
        levels = cv2.cvtColor(levels, cv2.COLOR_RGB2GRAY)[..., None]
    photons = 2.0 ** np.ceil(np.log2(len(np.unique(levels))))
    seen = rng.poisson(levels / 255.0 * photons) / photons
    return np.asarray(255 * seen - levels, dtype=np.float32)


def jpeg(frames: Iterator[Image], rng: Generator) -> Iterator[Image]:
    """Each frame through JPEG, of a quality that walks."""
    qualities = QUALITY.values(rng)
    for frame in frames:
        yield jpeg_of(as_bytes(frame), int(next(qualities))).astype(np.float32)


def codec(frames: Iterator[Image], rng: Generator) -> Iterator[Image]:
    """The clip through a video codec of one bit rate. Frames of other sizes than the first are resized to that."""
    encoder = ENCODERS[int(rng.integers(len(ENCODERS)))]
    rate = int(rng.integers(BIT_RATES[0], BIT_RATES[1] + 1))
    options = {"b": str(rate), "threads": "1"}
    for frame in recoded(_of_one_size(frames), BIT_RATE_FPS, encoder, options):
        yield frame.astype(np.float32)


def _of_one_size(frames: Iterator[Image]) -> Iterator[Bytes]:
    size: tuple[int, int] | None = None
    for frame in frames:
        size = size or (frame.shape[1], frame.shape[0])
        yield as_bytes(frame if frame.shape[1::-1] == size else cv2.resize(frame, size))


def as_bytes(frame: Image) -> Bytes:
    """Rounded to 8 bits."""
    return np.asarray(np.rint(frame).clip(0, 255), dtype=np.uint8)
