"""Aligned patches for training SR networks, flipped and turned together."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from harness.errors import UsageError

WAYS = 8
"""Orientations of a patch: four quarter turns, each plain and mirrored."""


def random_place(height: int, width: int, size: int, rng: np.random.Generator) -> tuple[int, int]:
    """Top and left of a patch of `size` pixels in a frame. Raises `UsageError` if the frame is smaller."""
    if min(height, width) < size:
        raise UsageError(
            f"a patch of {size} pixels does not fit in a frame of {width}x{height}; make the patch smaller"
        )
    return int(rng.integers(height - size + 1)), int(rng.integers(width - size + 1))


def crop(frame: Tensor, top: int, left: int, size: int) -> Tensor:
    """A square of ``(..., H, W)``."""
    return frame[..., top : top + size, left : left + size]


def turned(patch: Tensor, way: int) -> Tensor:
    """``(..., S, S)`` in one of eight ways: mirrored from left to right for 4 and more, then turned by quarters."""
    mirrored = patch.flip(-1) if way & 4 else patch
    return torch.rot90(mirrored, way & 3, (-2, -1)).contiguous()


def turned_flow(flow: Tensor, way: int) -> Tensor:
    """Flow ``(..., 2, S, S)`` between patches turned in this way: its vectors turn with the picture."""
    u, v = turned(flow, way).unbind(-3)
    u = -u if way & 4 else u
    for _ in range(way & 3):  # a quarter turn to the left takes right to up and down to right
        u, v = v, -u
    return torch.stack([u, v], dim=-3)
