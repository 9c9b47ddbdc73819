"""VDSR's network, known to BasicSR's registry as ``VDSR``."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from harness_basicsr import compat  # noqa: F401  (before basicsr)

from basicsr.utils.registry import ARCH_REGISTRY  # isort: skip


class _Layer(nn.Module):
    """One hidden layer; a module of its own so that state dictionaries have the keys of the public checkpoints."""

    def __init__(self, num_feat: int, bias: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(num_feat, num_feat, 3, padding=1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.conv(x))


@ARCH_REGISTRY.register()
class VDSR(nn.Module):
    """Very deep network that adds what is missing to an enlarged luma: ``(N, 1, H, W)`` to the same shape.

    The input is Y of BT.601 in studio range, [16, 235] / 255, enlarged by bicubic interpolation. `num_layer` counts
    all convolutions. 664,704 parameters as published (20 layers, 64 features) without biases, 665,921 with.
    Source: Kim, Lee, Lee, Accurate Image Super-Resolution Using Very Deep Convolutional Networks, CVPR 2016.
    """

    def __init__(self, num_feat: int = 64, num_layer: int = 20, bias: bool = False) -> None:
        super().__init__()
        self.input = nn.Conv2d(1, num_feat, 3, padding=1, bias=bias)
        self.residual_layer = nn.Sequential(*[_Layer(num_feat, bias) for _ in range(num_layer - 2)])
        self.output = nn.Conv2d(num_feat, 1, 3, padding=1, bias=bias)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        self.to(memory_format=torch.channels_last)  # about twice as fast on a CPU as planes

    def forward(self, x: Tensor) -> Tensor:
        residual = self.output(self.residual_layer(torch.relu(self.input(x))))
        enlarged: Tensor = x + residual
        return enlarged
