"""Optical flow as the input of a temporal stream: 8-bit levels, mirroring, stacks.

Source: the TSN protocol (Wang et al., ECCV 2016), whose flow images are clipped at +-20 px for frames of about 340x256.
"""

from __future__ import annotations

import torch
from torch import Tensor


def quantise(flow: Tensor, bound: float) -> Tensor:
    """Flow in pixels ``(N, 2, H, W)`` to whole levels 0..255 as float32: -bound is 0, no motion 128, +bound 255.

    Values beyond +-bound are clipped; rounding is half to even. Raises `ValueError` if `bound` is not positive.
    """
    if not bound > 0:
        raise ValueError(f"flow bound {bound}: must be a positive number of pixels")
    return torch.round((flow.float().clamp(-bound, bound) + bound) * 255 / (2 * bound))


def mirror(levels: Tensor) -> Tensor:
    """Flow levels ``(..., 2, H, W)`` of the mirrored video: flipped left to right, and only x becomes 255 - x."""
    flipped = levels.flip(-1)
    return torch.stack((255 - flipped[..., 0, :, :], flipped[..., 1, :, :]), dim=-3)


def stacks(levels: Tensor, length: int = 5) -> Tensor:
    """Runs of `length` flows ``(S * length, 2, H, W)`` to ``(S, 2 * length, H, W)``, channels x1, y1, x2, y2, ...

    Raises `ValueError` if the flows do not divide into stacks.
    """
    if len(levels) % length:
        raise ValueError(f"{len(levels)} flows do not divide into stacks of {length}")
    return levels.reshape(len(levels) // length, 2 * length, *levels.shape[-2:])
