"""Frames and their slopes, sampled where the flow points: ``out(p) = planes(p + flow(p))``.

Each function takes `planes` ``(N, C, H, W)`` and `flow` ``(N, 2, H, W)`` in pixels. They are cubic convolutions (Keys,
IEEE TASSP 1981) that differ in Keys' parameter a, the slope of the kernel at a distance of one pixel.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

STEPS = 32
"""OpenCV's `remap` rounds positions to this part of a pixel."""
SOFT = -0.5


def slopes(frames: Tensor) -> tuple[Tensor, Tensor]:
    """Half the difference of both neighbours in `frames` ``(N, 1, H, W)``, to the right and down; borders repeated."""
    wide = F.pad(frames, (1, 1, 0, 0), mode="replicate")
    tall = F.pad(frames, (0, 0, 1, 1), mode="replicate")
    return (wide[..., 2:] - wide[..., :-2]) / 2, (tall[..., 2:, :] - tall[..., :-2, :]) / 2


def pull_sharp(planes: Tensor, flow: Tensor) -> Tensor:
    """As OpenCV's `remap`: a is -3/4, and there is 0 beyond the border."""
    height, width = flow.shape[-2:]
    # in a grid of 2^k pixels, normalised coordinates of such positions are exact
    rows, columns = (1 << (side - 1).bit_length() for side in (height, width))
    x, y = ((target * STEPS).round_() / STEPS for target in _targets(flow))
    grid = torch.stack(((2 * x + 1) / columns - 1, (2 * y + 1) / rows - 1), dim=-1)
    wide = F.pad(planes, (0, columns - width, 0, rows - height))
    return F.grid_sample(wide, grid, mode="bicubic", padding_mode="zeros", align_corners=False)


def pull_soft(planes: Tensor, flow: Tensor) -> Tensor:
    """As OpenCV's CUDA code: a is -1/2, and the border is repeated."""
    height, width = flow.shape[-2:]
    x, y = _targets(flow)
    columns, rows = _taps(x, width), _taps(y, height)
    pixels, pulled = planes.flatten(2), torch.zeros_like(planes)
    for row, row_weight in rows:
        start = row * width
        for column, column_weight in columns:
            where = (start + column).flatten(1)[:, None].expand_as(pixels)
            pulled.addcmul_(pixels.gather(2, where).view_as(planes), (row_weight * column_weight)[:, None])
    return pulled


def _targets(flow: Tensor) -> tuple[Tensor, Tensor]:
    height, width = flow.shape[-2:]
    columns = torch.arange(width, device=flow.device)
    rows = torch.arange(height, device=flow.device)[:, None]
    return flow[:, 0] + columns, flow[:, 1] + rows


def _taps(target: Tensor, side: int) -> list[tuple[Tensor, Tensor]]:
    """The four pixels around each target along one dimension, and their weights."""
    before = target.floor()
    part = target - before
    far, near = (1 + part, 2 - part), (part, 1 - part)
    weights = (_outer(far[0]), _inner(near[0]), _inner(near[1]), _outer(far[1]))
    return [((before + i - 1).clamp(0, side - 1).long(), weight) for i, weight in enumerate(weights)]


def _inner(distance: Tensor) -> Tensor:
    """Keys' kernel up to a distance of one pixel."""
    return ((SOFT + 2) * distance - (SOFT + 3)) * distance * distance + 1


def _outer(distance: Tensor) -> Tensor:
    """Keys' kernel from one to two pixels."""
    return ((distance - 5) * distance + 8) * distance * SOFT - 4 * SOFT
