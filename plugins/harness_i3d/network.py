"""The network of I3D: Inception of 2D networks with all its kernels blown up in time.

Source: Carreira, Zisserman, Quo Vadis, Action Recognition? A New Model and the Kinetics Dataset, CVPR 2017, figure 3.
Modules are named as in the public PyTorch checkpoints, so that those fit.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool3d, max_pool3d, pad, relu

WIDTHS = {
    "Mixed_3b": (64, 96, 128, 16, 32, 32),
    "Mixed_3c": (128, 128, 192, 32, 96, 64),
    "Mixed_4b": (192, 96, 208, 16, 48, 64),
    "Mixed_4c": (160, 112, 224, 24, 64, 64),
    "Mixed_4d": (128, 128, 256, 24, 64, 64),
    "Mixed_4e": (112, 144, 288, 32, 64, 64),
    "Mixed_4f": (256, 160, 320, 32, 128, 128),
    "Mixed_5b": (256, 160, 320, 32, 128, 128),
    "Mixed_5c": (384, 192, 384, 48, 128, 128),
}
"""Channels of the convolutions of each Inception module: 1x1, then 1x1 and 3x3, 1x1 and 3x3, and that after pooling."""
POOLED = {"Mixed_4b": ((3, 3, 3), (2, 2, 2)), "Mixed_5b": ((2, 2, 2), (2, 2, 2))}
"""Kernel and stride of the pooling before a module; all modules of one number are of one size."""
FEATURES = 1024
"""Channels of what is before the classes."""
NARROWEST = 8
"""What all numbers of channels can be divided by."""
BEFORE_CLASSES = (2, 7, 7)
"""Frames and sides of the features that one vector of class scores looks at."""
LEAST_FRAMES = 9
"""Fewer frames leave less than two after three halvings, of which the last pooling needs two."""


class _Unit(nn.Module):
    """Convolution, normalisation, ReLU."""

    def __init__(self, given: int, made: int, kernel: int = 1, stride: int = 1) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(given, made, kernel, stride, bias=False)
        self.bn = nn.BatchNorm3d(made, eps=1e-3, momentum=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = relu(self.bn(self.conv3d(_same(x, self.conv3d.kernel_size, self.conv3d.stride))), inplace=True)
        return found


class _Inception(nn.Module):
    """Four branches side by side, their channels in a row."""

    def __init__(self, given: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.b0 = _Unit(given, widths[0])
        self.b1a, self.b1b = _Unit(given, widths[1]), _Unit(widths[1], widths[2], 3)
        self.b2a, self.b2b = _Unit(given, widths[3]), _Unit(widths[3], widths[4], 3)
        self.b3b = _Unit(given, widths[5])

    def forward(self, x: Tensor) -> Tensor:
        pooled = max_pool3d(x, 3, stride=1, padding=1)
        return torch.cat([self.b0(x), self.b1b(self.b1a(x)), self.b2b(self.b2a(x)), self.b3b(pooled)], dim=1)


class _Classes(nn.Module):
    """The convolution that makes class scores of features."""

    def __init__(self, given: int, num_classes: int) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(given, num_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.conv3d(x)
        return found


class I3D(nn.Module):
    """Clips ``(N, C, T, H, W)`` in [-1, 1] to class scores before softmax ``(N, num_classes)``.

    C is 3 for RGB and 2 for flow; T is at least 9, H and W at least 193, as published 224. 12,697,264 parameters for
    RGB and 400 classes. `narrow` (1, 2, 4 or 8) divides the channels of every layer, which is not published. As in
    TensorFlow, whose weights are published, every layer is padded so that its output has the size of its input divided
    by its stride and rounded up, with the odd pixel behind.
    """

    def __init__(self, num_classes: int = 400, channels: int = 3, narrow: int = 1) -> None:
        super().__init__()
        self.num_classes = num_classes
        first, made = 64 // narrow, 192 // narrow
        self.Conv3d_1a_7x7 = _Unit(channels, first, 7, 2)
        self.Conv3d_2b_1x1 = _Unit(first, first)
        self.Conv3d_2c_3x3 = _Unit(first, made, 3)
        for name, published in WIDTHS.items():
            widths = [width // narrow for width in published]
            self.add_module(name, _Inception(made, widths))
            made = widths[0] + widths[2] + widths[4] + widths[5]
        self.logits = _Classes(made, num_classes)

    def features(self, clips: Tensor) -> Tensor:
        """What is before the classes: ``(N, 1024, T / 8, H / 32, W / 32)``, sizes rounded up; 0 or more."""
        if clips.device.type == "cpu":  # where pooling takes most of the time, unless channels lie together
            clips = clips.contiguous(memory_format=torch.channels_last_3d)
        x = _pooled(self.Conv3d_1a_7x7(clips), (1, 3, 3), (1, 2, 2))
        x = _pooled(self.Conv3d_2c_3x3(self.Conv3d_2b_1x1(x)), (1, 3, 3), (1, 2, 2))
        for name in WIDTHS:
            if name in POOLED:
                x = _pooled(x, *POOLED[name])
            x = self.get_submodule(name)(x)
        return x

    def classify(self, features: Tensor) -> Tensor:
        """Class scores of features, mean over time: ``(N, num_classes)``."""
        scores: Tensor = self.logits(avg_pool3d(features, BEFORE_CLASSES, stride=1))
        return scores.mean(dim=(2, 3, 4))

    def forward(self, clips: Tensor) -> Tensor:
        return self.classify(self.features(clips))


def _pooled(x: Tensor, kernel: tuple[int, ...], stride: tuple[int, ...]) -> Tensor:
    """The greatest of every window. Windows are filled with zeros, below which ReLU leaves nothing."""
    return max_pool3d(_same(x, kernel, stride), kernel, stride)


def _same(x: Tensor, kernel: Sequence[int], stride: Sequence[int]) -> Tensor:
    """Zeros around `x`, as TensorFlow's padding ``SAME`` puts them."""
    around: list[int] = []
    for size, width, step in zip(reversed(x.shape[2:]), reversed(kernel), reversed(stride), strict=True):
        total = max((-(-size // step) - 1) * step + width - size, 0)
        around += [total // 2, total - total // 2]
    return pad(x, around) if any(around) else x
