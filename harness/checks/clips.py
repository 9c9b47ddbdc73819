"""Synthetic clips: smooth textures whose colours differ, so that swapped channels, axes and frames are noticed."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate

LEVELS = (0.65, 0.45, 0.3)
"""Mean level of red, green and blue."""


def texture(height: int, width: int, seed: int, cell: int = 4) -> Tensor:
    """A smooth random picture ``(3, height, width)`` in [0, 1] with details about `cell` pixels wide."""
    generator = torch.Generator().manual_seed(seed)
    grid = torch.rand((1, 3, height // cell + 3, width // cell + 3), generator=generator)
    smooth = interpolate(grid, scale_factor=cell, mode="bicubic", align_corners=False)[0, :, :height, :width]
    return (torch.tensor(LEVELS)[:, None, None] + 0.5 * (smooth - 0.5)).clamp(0, 1)


def synthetic_clip(frames: int = 7, height: int = 20, width: int = 24, seed: int = 0) -> Tensor:
    """A textured square moving right by one pixel per frame over a still texture: ``(T, 3, H, W)`` in [0, 1]."""
    side = max(1, min(height, width) // 3)
    clip = texture(height, width, seed).expand(frames, -1, -1, -1).clone()
    square = texture(side, side, seed + 1).flip(0)
    for frame in range(frames):
        left = (2 + frame) % (width - side + 1)
        clip[frame, :, height // 3 : height // 3 + side, left : left + side] = square
    return clip


def drifting_texture(frames: int, height: int, width: int, *, right: int, down: int, seed: int = 0) -> Tensor:
    """A texture that moves as a whole by `right` and `down` pixels per frame: ``(T, 3, H, W)`` in [0, 1]."""
    pad_y, pad_x = abs(down) * frames, abs(right) * frames
    whole = texture(height + 2 * pad_y, width + 2 * pad_x, seed)
    corners = [(pad_y - down * frame, pad_x - right * frame) for frame in range(frames)]
    return torch.stack([whole[:, y : y + height, x : x + width] for y, x in corners])
