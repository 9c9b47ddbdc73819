"""Blocks that distil features: residual feature distillation with spatial attention, and a trunk made of them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu, max_pool2d, relu

SLOPE = 0.1
"""Of the leaky ReLUs."""
LEAST_SIDE = 15
"""Least side of a frame in pixels: what the attention's stride and pooling leave must be a pixel."""


def conv(given: int, made: int, size: int = 3) -> nn.Conv2d:
    """A convolution that keeps the frame's size."""
    return nn.Conv2d(given, made, size, padding=size // 2)


class SpatialAttention(nn.Module):
    """Weighs features ``(N, num_feat, h, w)`` by a map that is made at about a sixth of their size (ESA).

    Source: Liu, Tang, Wu, Residual Feature Distillation Network for Lightweight Image Super-Resolution, ECCV Workshops
    2020. Sides are at least `LEAST_SIDE`.
    """

    def __init__(self, num_feat: int, width: int) -> None:
        super().__init__()
        self.narrow, self.aside, self.widen = conv(num_feat, width, 1), conv(width, width, 1), conv(width, num_feat, 1)
        self.halve = nn.Conv2d(width, width, 3, stride=2)
        self.pooled, self.first, self.second = (conv(width, width) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        narrow = self.narrow(x)
        pooled = max_pool2d(self.halve(narrow), kernel_size=7, stride=3)
        deep = self.second(relu(self.first(relu(self.pooled(pooled)))))
        enlarged = interpolate(deep, size=x.shape[-2:], mode="bilinear", align_corners=False)
        return x * torch.sigmoid(self.widen(enlarged + self.aside(narrow)))


class Distillation(nn.Module):
    """Residual feature distillation block (RFDB): each of three steps sets half of the features aside.

    Source: as `SpatialAttention`. ``(N, num_feat, h, w)`` to the same.
    """

    def __init__(self, num_feat: int) -> None:
        super().__init__()
        half = num_feat // 2
        self.aside = nn.ModuleList(conv(num_feat, half, 1) for _ in range(3))
        self.onward = nn.ModuleList(conv(num_feat, num_feat) for _ in range(3))
        self.last = conv(num_feat, half)
        self.fuse = conv(4 * half, num_feat, 1)
        self.attention = SpatialAttention(num_feat, half)

    def forward(self, x: Tensor) -> Tensor:
        kept, left = [], x
        for aside, onward in zip(self.aside, self.onward, strict=True):
            kept.append(leaky_relu(aside(left), SLOPE))
            left = leaky_relu(onward(left) + left, SLOPE)
        kept.append(leaky_relu(self.last(left), SLOPE))
        found: Tensor = self.attention(self.fuse(torch.cat(kept, dim=1))) + x
        return found


class DistillationTrunk(nn.Module):
    """Three stages of blocks; three quarters, half and a quarter of what enters each are kept for the end.

    ``(N, given, h, w)`` to ``(N, num_feat, h, w)``.
    Source: Gao et al., Propagating Difference Flows for Efficient Video Super-Resolution, BMVC 2022.
    """

    def __init__(self, given: int, num_feat: int, num_block: int) -> None:
        super().__init__()
        self.head = conv(given, num_feat)
        self.stages = nn.ModuleList(
            nn.Sequential(*(Distillation(num_feat) for _ in range(num_block))) for _ in range(3)
        )
        widths = [num_feat * part // 4 for part in (3, 2, 1)]
        self.aside = nn.ModuleList(conv(num_feat, width, 1) for width in widths)
        self.fuse = conv(num_feat + sum(widths), num_feat, 1)

    def forward(self, x: Tensor) -> Tensor:
        first = deep = leaky_relu(self.head(x), SLOPE)
        kept = []
        for aside, stage in zip(self.aside, self.stages, strict=True):
            kept.append(aside(deep))
            deep = stage(deep)
        found: Tensor = self.fuse(torch.cat([deep, *kept], dim=1)) + first
        return found
