"""SPAN as it is deployed, known to BasicSR's registry as ``HarnessSPAN``."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

from harness_basicsr import compat  # noqa: F401  (before basicsr)

from basicsr.utils.registry import ARCH_REGISTRY  # isort: skip

BLOCKS = 6
MEAN = (0.4488, 0.4371, 0.4040)
"""Mean RGB of DIV2K, which is subtracted from frames."""
RANGE = 255.0
"""Frames are in 0..255 within the network, except for its output."""


def _conv(given: int, made: int) -> nn.Conv2d:
    return nn.Conv2d(given, made, 3, padding=1)


class _Attention(nn.Module):
    """Three convolutions and their input, weighed by how far the sigmoid of the convolutions is from a half (SPAB)."""

    def __init__(self, num_feat: int) -> None:
        super().__init__()
        self.first, self.second, self.third = (_conv(num_feat, num_feat) for _ in range(3))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What the block makes of its input, and what its first convolution does, both ``(N, num_feat, h, w)``."""
        first = silu(self.first(x))
        found = self.third(silu(self.second(first)))
        return (found + x) * (torch.sigmoid(found) - 0.5), first


@ARCH_REGISTRY.register()
class HarnessSPAN(nn.Module):
    """Swift parameter-free attention network: RGB ``(N, 3, h, w)`` in [0, 1] to ``(N, 3, h * scale, w * scale)``.

    This is its form for use, in which each of the published sequences of convolutions that it is trained with has been
    folded into the one 3x3 convolution that it equals: 426,288 parameters for x4 and 48 features, 410,700 for x2.
    Source: Wan et al., Swift Parameter-free Attention Network for Efficient Super-Resolution, CVPR Workshops 2024.
    """

    mean: Tensor

    def __init__(self, scale: int = 4, num_feat: int = 48) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.head = _conv(3, num_feat)
        self.blocks = nn.ModuleList(_Attention(num_feat) for _ in range(BLOCKS))
        self.tail = _conv(num_feat, num_feat)
        self.fuse = nn.Conv2d(4 * num_feat, num_feat, 1)
        self.enlarge = nn.Sequential(_conv(num_feat, 3 * scale**2), nn.PixelShuffle(scale))
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        shallow = self.head((x - self.mean) * RANGE)
        deep, within = shallow, shallow
        results = []
        for block in self.blocks:
            deep, within = block(deep)
            results.append(deep)
        fused = self.fuse(torch.cat([shallow, self.tail(deep), results[0], within], dim=1))
        restored: Tensor = self.enlarge(fused)
        return restored
