"""SRResNet as published, known to BasicSR's registry as ``SRResNet``."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from harness.errors import UsageError
from harness_basicsr import compat  # noqa: F401  (before basicsr)

from basicsr.utils.registry import ARCH_REGISTRY  # isort: skip

STEPS = {2: (2,), 3: (3,), 4: (2, 2), 8: (2, 2, 2)}
"""Factors of the sub-pixel convolutions, by scale."""


class _Block(nn.Module):
    """Convolution, normalisation, PReLU, convolution, normalisation; added to its input."""

    def __init__(self, num_feat: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *[nn.Conv2d(num_feat, num_feat, 3, padding=1, bias=False), nn.BatchNorm2d(num_feat), nn.PReLU()],
            *[nn.Conv2d(num_feat, num_feat, 3, padding=1, bias=False), nn.BatchNorm2d(num_feat)],
        )

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = x + self.body(x)
        return added


def _enlarge(num_feat: int, factor: int) -> list[nn.Module]:
    return [nn.Conv2d(num_feat, num_feat * factor**2, 3, padding=1), nn.PixelShuffle(factor), nn.PReLU()]


@ARCH_REGISTRY.register()
class SRResNet(nn.Module):
    """The generator of SRGAN: RGB ``(N, 3, h, w)`` in [0, 1] to ``(N, 3, h * scale, w * scale)``.

    1,547,350 parameters as published (x4, 16 blocks, 64 features; no bias before a normalisation). BasicSR's MSRResNet,
    the network of the method ``srresnet``, drops normalisation, PReLU and the 9x9 kernels. As in the paper the network
    works towards HR in [-1, 1], which is mapped to [0, 1] at the end. Raises `UsageError` for scales other than 2, 3,
    4 and 8.
    Source: Ledig et al., Photo-Realistic Single Image Super-Resolution Using a GAN, CVPR 2017, figure 4.
    """

    def __init__(self, scale: int = 4, num_feat: int = 64, num_block: int = 16) -> None:
        super().__init__()
        if scale not in STEPS:
            raise UsageError(f"SRResNet does scale {', '.join(map(str, STEPS))}, not {scale}")
        self.head = nn.Sequential(nn.Conv2d(3, num_feat, 9, padding=4), nn.PReLU())
        self.blocks = nn.Sequential(*[_Block(num_feat) for _ in range(num_block)])
        self.after = nn.Sequential(nn.Conv2d(num_feat, num_feat, 3, padding=1, bias=False), nn.BatchNorm2d(num_feat))
        self.enlarge = nn.Sequential(*[layer for factor in STEPS[scale] for layer in _enlarge(num_feat, factor)])
        self.tail = nn.Conv2d(num_feat, 3, 9, padding=4)
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        shallow = self.head(x)
        deep = shallow + self.after(self.blocks(shallow))
        restored: Tensor = (self.tail(self.enlarge(deep)) + 1) / 2
        return restored
