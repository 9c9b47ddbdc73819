"""Backward warping by optical flow, and which pixels two frames both show."""

from __future__ import annotations

import torch
from torch import Tensor


def warp(frames: Tensor, flow: Tensor) -> Tensor:
    """Pull `frames` ``(N, C, H, W)`` back along `flow` ``(N, 2, H, W)`` in pixels: ``out(p) = frames(p + flow(p))``.

    Bilinear; positions outside are moved to the border, so that every pixel is defined and zero flow changes nothing.
    """
    number, channels, height, width = frames.shape
    x, y = (position.clamp(0, side - 1) for position, side in zip(_targets(flow), (width, height), strict=True))
    left, top = x.floor(), y.floor()
    across, down = (x - left)[:, None], (y - top)[:, None]
    columns = left.long(), (left.long() + 1).clamp_max(width - 1)
    rows = top.long(), (top.long() + 1).clamp_max(height - 1)
    flat = frames.reshape(number, channels, height * width)

    def at(row: Tensor, column: Tensor) -> Tensor:
        index = (row * width + column).reshape(number, 1, -1).expand(-1, channels, -1)
        return flat.gather(2, index).reshape(frames.shape)

    upper, lower = (torch.lerp(at(row, columns[0]), at(row, columns[1]), across) for row in rows)
    return torch.lerp(upper, lower, down)


def visible(forward: Tensor, backward: Tensor) -> Tensor:
    """Pixels of the first frame that the second shows too: bool ``(N, H, W)``.

    `forward` is the flow from the first to the second frame, `backward` the other way, both ``(N, 2, H, W)`` in pixels.
    A pixel is hidden where it leaves the frame, or where there and back does not return: |f + b|^2 >= 0.01 (|f|^2 +
    |b|^2) + 0.5 with b taken at p + f(p). Source: Sundaram, Brox, Keutzer, ECCV 2010.
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
    rows = torch.arange(height, device=flow.device, dtype=flow.dtype)[:, None]
    columns = torch.arange(width, device=flow.device, dtype=flow.dtype)
    return columns + flow[:, 0], rows + flow[:, 1]
