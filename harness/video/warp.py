"""Backward warping by optical flow, and which pixels are visible in both of two frames."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def warp(frames: Tensor, flow: Tensor) -> Tensor:
    """Pull `frames` ``(N, C, H, W)`` back along `flow` ``(N, 2, H, W)`` in pixels: ``out(p) = frames(p + flow(p))``.

    Bilinear; positions outside are moved to the border, so that every pixel is defined and zero flow changes nothing.
    """
    height, width = frames.shape[-2:]
    # in a grid of 2^k pixels the normalised coordinates of whole pixels are exact, so zero flow changes nothing
    rows, columns = (1 << (side - 1).bit_length() for side in (height, width))
    x, y = _targets(flow)
    grid = torch.stack(
        ((2 * x.clamp(0, width - 1) + 1) / columns - 1, (2 * y.clamp(0, height - 1) + 1) / rows - 1), dim=-1
    )
    return F.grid_sample(F.pad(frames, (0, columns - width, 0, rows - height)), grid, align_corners=False)


def visible(forward: Tensor, backward: Tensor) -> Tensor:
    """Pixels of the first frame that are visible in the second as well: bool ``(N, H, W)``.

    `forward` is the flow from the first to the second frame, `backward` the other way, both ``(N, 2, H, W)`` in pixels.
    A pixel is hidden if it leaves the frame, or if going there and back misses it: |f + b|^2 >= 0.01 (|f|^2 + |b|^2) +
    0.5 with b taken at p + f(p). Source: Sundaram, Brox, Keutzer, ECCV 2010.
    """
    height, width = forward.shape[-2:]
    x, y = _targets(forward)
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    back = warp(backward, forward)
    gap = (forward + back).square().sum(dim=1)
    length = forward.square().sum(dim=1) + back.square().sum(dim=1)
    return inside & (gap < 0.01 * length + 0.5)


def _targets(flow: Tensor) -> tuple[Tensor, Tensor]:
    height, width = flow.shape[-2:]
    flow = flow.to(torch.promote_types(flow.dtype, torch.float32))  # half precision cannot count a frame's pixels
    rows = torch.arange(height, device=flow.device, dtype=flow.dtype)[:, None]
    columns = torch.arange(width, device=flow.device, dtype=flow.dtype)
    return columns + flow[:, 0], rows + flow[:, 1]
