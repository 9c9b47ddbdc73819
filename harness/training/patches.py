"""Random aligned patches for training SR networks."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from harness.errors import UsageError


def aligned_patch(low: Tensor, high: Tensor, size: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """One patch of `low` ``(..., h, w)`` of `size` pixels and the same place of `high` ``(..., h * s, w * s)``.

    Both are flipped and turned by a quarter in one of eight equally likely ways.
    Raises `UsageError` where a frame is smaller than the patch.
    """
    height, width = low.shape[-2:]
    if min(height, width) < size:
        raise UsageError(
            f"a patch of {size} pixels does not fit in a frame of {width}x{height}; make the patch smaller"
        )
    scale = high.shape[-1] // width
    top, left = int(rng.integers(height - size + 1)), int(rng.integers(width - size + 1))
    way = int(rng.integers(8))
    return _turned(_crop(low, top, left, size), way), _turned(_crop(high, top * scale, left * scale, size * scale), way)


def _crop(frame: Tensor, top: int, left: int, size: int) -> Tensor:
    return frame[..., top : top + size, left : left + size]


def _turned(patch: Tensor, way: int) -> Tensor:
    mirrored = patch.flip(-1) if way & 4 else patch
    return torch.rot90(mirrored, way & 3, (-2, -1)).contiguous()
