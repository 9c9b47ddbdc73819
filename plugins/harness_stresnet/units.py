"""The parts of a stream: residual units of ResNet-50 in which 1x1 convolutions may reach over time.

Source: Feichtenhofer et al., Spatiotemporal Residual Networks for Video Action Recognition, NIPS 2016; the units are
torchvision's `Bottleneck`, whose stride is at the 3x3 convolution.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.resnet import Bottleneck, conv1x1

REACH = 3
"""Positions in time that a temporal convolution sees."""


class TemporalConv(nn.Conv3d):
    """A 1x1 convolution over three positions in time, stride 1, one position of zeros at either end, no bias."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, (REACH, 1, 1), padding=(REACH // 2, 0, 0), bias=False)

    @classmethod
    def of(cls, conv: nn.Conv2d) -> TemporalConv:
        """The temporal form of a 1x1 convolution, initialised with the mean over time (`over_time`)."""
        temporal = cls(conv.in_channels, conv.out_channels)
        temporal.weight.data = over_time(conv.weight.data)
        return temporal

    def over(self, x: Tensor, length: int) -> Tensor:
        """Clips of `length` frames, one frame after the other: ``(N * length, C, H, W)`` to the same with its own C."""
        clips = x.reshape(-1, length, *x.shape[1:]).transpose(1, 2)
        return self(clips).transpose(1, 2).flatten(0, 1)  # type: ignore[no-any-return]


def over_time(weight: Tensor) -> Tensor:
    """Kernels ``(O, I, 1, 1)`` to ``(O, I, 3, 1, 1)`` that take the mean of three positions: w / 3 at each."""
    return (weight / REACH).unsqueeze(2).repeat(1, 1, REACH, 1, 1)


class Unit(Bottleneck):  # type: ignore[misc]
    """One residual unit. Input and output are sums before their ReLU, because motion is injected into those."""

    def reach_over_time(self) -> None:
        """Make both 1x1 convolutions temporal."""
        for name in ("conv1", "conv3"):
            setattr(self, name, TemporalConv.of(getattr(self, name)))

    def forward(self, x: Tensor, length: int = 1, branch: Tensor | None = None) -> Tensor:
        """``(N * length, C, H, W)`` to the next sum. `branch`, if given, is what the residual branch sees instead.

        The skip connection always carries ReLU(x).
        """
        skip = functional.relu(x)
        out = _convolve(self.conv1, skip if branch is None else branch, length)
        out = functional.relu(self.bn1(out))
        out = functional.relu(self.bn2(self.conv2(out)))
        out = self.bn3(_convolve(self.conv3, out, length))
        return out + (skip if self.downsample is None else self.downsample(skip))  # type: ignore[no-any-return]


def _convolve(conv: nn.Module, x: Tensor, length: int) -> Tensor:
    return conv.over(x, length) if isinstance(conv, TemporalConv) else torch.as_tensor(conv(x))


def make_stage(channels: int, planes: int, units: int, stride: int) -> nn.ModuleList:
    """One stage of a ResNet, from `channels` to ``4 * planes``; its second unit reaches over time."""
    out = planes * Unit.expansion
    shortcut = None
    if stride != 1 or channels != out:
        shortcut = nn.Sequential(conv1x1(channels, out, stride), nn.BatchNorm2d(out))
    first = Unit(channels, planes, stride, shortcut)
    stage = nn.ModuleList([first, *(Unit(out, planes) for _ in range(units - 1))])
    stage.apply(initialise)
    stage[1].reach_over_time()  # type: ignore[operator]
    return stage


def initialise(module: nn.Module) -> None:
    """He's initialisation of a convolution; temporal ones are made from these."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
