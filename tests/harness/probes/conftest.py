"""A clip as probes see it: a textured scene with a moving square, restored by bicubic interpolation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest
from torch import Tensor

from harness.contracts import Clip, Cost, Pair
from harness.video.frames import round_to_8_bits, to_tensor
from harness.video.imresize import imresize
from harness_optical_flow.farneback import Farneback


def scene(frames: int, height: int, width: int) -> np.ndarray:
    """A texture drifting by (1, 0.5) px per frame behind a square moving the other way, uint8 (T, H, W, 3)."""
    rng = np.random.default_rng(5)
    big, small = (_texture(rng, height + 2 * frames, width + 2 * frames), _texture(rng, 24, 24))
    shown = []
    for t in range(frames):
        shift = np.float32([[1, 0, -t], [0, 1, -0.5 * t]])
        image = cv2.warpAffine(big, shift, (width, height), flags=cv2.INTER_CUBIC)
        top, left = height // 4, max(width // 2 - 2 * t, 0)
        part = image[top : top + 24, left : left + 24]
        part[:] = small[: part.shape[0], : part.shape[1]]
        shown.append(np.rint(image * 255).clip(0, 255).astype(np.uint8))
    return np.stack(shown)


def _texture(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    noise = cv2.GaussianBlur(rng.random((height, width, 3)).astype(np.float32), (0, 0), 1.3)
    return (noise - noise.min()) / (noise.max() - noise.min())


@dataclass
class Restored:
    """Implements `harness.contracts.Sample` and remembers what it was asked for."""

    hr_frames: Tensor
    sr_frames: Tensor
    clip: Clip = field(default_factory=lambda: Clip("c", Path("c.mp4"), 1, "g"))
    restore_seconds: float = 0.25
    restored_frames: int = 7
    cost: Cost | None = None
    asked_frames: set[int] = field(default_factory=set)
    asked_pairs: set[Pair] = field(default_factory=set)

    @property
    def num_frames(self) -> int:
        return len(self.hr_frames)

    def sr(self, frames: Sequence[int]) -> Tensor:
        self.asked_frames.update(frames)
        return self.sr_frames[list(frames)]

    def hr(self, frames: Sequence[int]) -> Tensor:
        return self.hr_frames[list(frames)]

    def sr_flow(self, pairs: Sequence[Pair]) -> Tensor:
        return self._flow(self.sr_frames, pairs)

    def hr_flow(self, pairs: Sequence[Pair]) -> Tensor:
        return self._flow(self.hr_frames, pairs)

    def _flow(self, frames: Tensor, pairs: Sequence[Pair]) -> Tensor:
        self.asked_pairs.update(pairs)
        first, second = ([pair[k] for pair in pairs] for k in (0, 1))
        return Farneback(threads=1).flow(frames[first], frames[second])


@pytest.fixture(scope="session")
def restored() -> Callable[..., Restored]:
    """Makes a clip; `method` is `bicubic` (down and up by 4) or `hr`."""

    def make(method: str = "bicubic", frames: int = 6, height: int = 64, width: int = 72) -> Restored:
        hr = to_tensor(scene(frames, height, width))
        sr = hr if method == "hr" else round_to_8_bits(imresize(imresize(hr, 0.25), 4.0))
        return Restored(hr, sr.clone())

    return make
