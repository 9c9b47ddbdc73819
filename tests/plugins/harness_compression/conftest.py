"""A clip to compress, how far two clips are apart, and memory that is known to be dirty."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from harness.video.frames import Bytes

M_PERTURB = -6
"""Of glibc's malloc.h."""


def drifting(frames: int = 12, height: int = 60, width: int = 80) -> list[Bytes]:
    """Two waves that drift by a pixel a frame."""
    y, x = np.mgrid[:height, :width].astype(float)
    levels = [np.stack([np.sin((x - t) / 3), np.cos((y + x) / 5), np.sin((y - t) / 4)], -1) for t in range(frames)]
    return list(np.rint(127.5 + 100 * np.stack(levels)).astype(np.uint8))


def psnr(first: list[Bytes], second: list[Bytes]) -> float:
    return float(10 * np.log10(255**2 / np.square(np.stack(first) - np.stack(second, dtype=float)).mean()))


@pytest.fixture
def fresh_memory() -> Iterator[Callable[[int], None]]:
    """Has the C library fill what it hands out with a byte; 0 for whatever was there."""
    fill = getattr(ctypes.CDLL(None), "mallopt", None)
    if fill is None:
        pytest.skip("the C library has no mallopt")
    yield lambda byte: fill(M_PERTURB, byte)
    fill(M_PERTURB, 0)
