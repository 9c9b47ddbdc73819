"""Smaller and smaller copies of a frame, and flow brought from one size to the next."""

from __future__ import annotations

import torch
from torch import Tensor

HALF_A_PIXEL_IN, ON_THE_CORNER = 0.5, 0.0
"""Where the centre of the first pixel lies, in pixels from the point that a change of size leaves in place: half a
pixel inside the corner of the frame, or in that point itself.
"""
SMALLEST = 16
"""Sides of a level in pixels; a frame that would be smaller ends the pyramid."""


def pyramid(frames: Tensor, scales: int, step: float, origin: float = HALF_A_PIXEL_IN) -> list[Tensor]:
    """At most `scales` levels of `frames` ``(N, C, H, W)``, the finest first; sides shrink by `step`, rounded."""
    levels = [frames]
    while len(levels) < scales:
        height, width = (round(side * step) for side in levels[-1].shape[-2:])
        if min(height, width) < SMALLEST:
            break
        rows = _linear(levels[-1], -2, height, 1 / step, origin)
        levels.append(_linear(rows, -1, width, 1 / step, origin))
    return levels


def resize(planes: Tensor, height: int, width: int, origin: float = HALF_A_PIXEL_IN) -> Tensor:
    """`planes` ``(N, C, h, w)`` in another size, linear, without antialiasing."""
    rows = _linear(planes, -2, height, planes.shape[-2] / height, origin)
    return _linear(rows, -1, width, planes.shape[-1] / width, origin)


def _linear(planes: Tensor, dim: int, size: int, stride: float, origin: float) -> Tensor:
    """Sample one dimension at `size` places, `stride` old pixels apart; beyond the border its pixels are repeated.

    The stride is not always old size / new size: OpenCV, which this follows, keeps the asked-for scale of a level
    although its size is rounded.
    """
    last = planes.shape[dim] - 1
    places = (torch.arange(size, device=planes.device, dtype=torch.float64) + origin) * stride - origin
    places = places.clamp(0, last)
    before = places.floor()
    weight = (places - before).to(planes.dtype)
    after = (before + 1).clamp(max=last)
    shape = [1] * planes.ndim
    shape[dim] = size
    return torch.lerp(
        planes.index_select(dim, before.long()), planes.index_select(dim, after.long()), weight.view(shape)
    )
