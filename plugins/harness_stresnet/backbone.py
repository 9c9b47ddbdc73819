"""ST-ResNet: two residual networks, one for motion that feeds one for appearance.

Source: Feichtenhofer et al., Spatiotemporal Residual Networks for Video Action Recognition, NIPS 2016 (additive), and
Spatiotemporal Multiplier Networks, CVPR 2017 (multiplicative).
"""

from __future__ import annotations

from pathlib import Path

import torch
from mmaction.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.nn import functional

from harness.errors import UnknownNameError, UsageError
from harness_stresnet.pretrained import load_imagenet
from harness_stresnet.units import initialise, make_stage

DEPTHS = {26: (2, 2, 2, 2), 50: (3, 4, 6, 3)}
"""Units of each stage; the published networks are 50 layers deep."""
INJECTIONS = ("add", "multiply")
POOL, POOL_STRIDE = 5, 2
"""Positions and steps of the maximum over time."""


class Stream(nn.Module):
    """A ResNet up to its last stage, with torchvision's names of parameters."""

    def __init__(self, in_channels: int, depth: int, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 7, stride=2, padding=3, bias=False)
        initialise(self.conv1)
        self.bn1 = nn.BatchNorm2d(width)
        channels = width
        for index, units in enumerate(DEPTHS[depth]):
            planes = width * 2**index
            setattr(self, f"layer{index + 1}", make_stage(channels, planes, units, stride=2 if index else 1))
            channels = planes * 4

    @property
    def stages(self) -> list[nn.ModuleList]:
        return [self.layer1, self.layer2, self.layer3, self.layer4]  # type: ignore[list-item]

    def stem(self, x: Tensor) -> Tensor:
        """``(N, C, H, W)`` to ``(N, width, H / 4, W / 4)``."""
        x = x.contiguous(memory_format=torch.channels_last)  # half the time on a CPU
        return functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, stride=2, padding=1)


@MODELS.register_module()
class STResNet(BaseModule):  # type: ignore[misc]
    """Both streams of clips of T frames, each with a stack of flow around it.

    `depth` is 50, or 26 for small data; `width` is the number of channels after the first convolution (64 as
    published); flow has ``2 * stack`` channels. `injection` is ``add`` or ``multiply``. With `temporal_pool` a maximum
    is taken over 5 positions in time in steps of 2 (what the authors call ST-ResNet*; fewer positions if T < 5), as
    in their code before the mean over space. `imagenet` is a file of torchvision's ResNet-50 weights for both streams.
    Raises `UsageError` for unknown values, and `WeightsError` for a file that does not fit.
    """

    def __init__(
        self,
        depth: int = 50,
        width: int = 64,
        stack: int = 10,
        injection: str = "add",
        temporal_pool: bool = True,
        imagenet: str = "",
    ) -> None:
        super().__init__()
        if injection not in INJECTIONS:
            raise UnknownNameError("value of stresnet:injection", injection, INJECTIONS)
        if depth not in DEPTHS:
            raise UsageError(f"stresnet:depth={depth}; known: {', '.join(map(str, DEPTHS))}")
        self.injection = injection
        self.temporal_pool = temporal_pool
        self.appearance = Stream(3, depth, width)
        self.motion = Stream(2 * stack, depth, width)
        if imagenet:
            load_imagenet(self.appearance, Path(imagenet))
            load_imagenet(self.motion, Path(imagenet))

    def forward(self, rgb: Tensor, flow: Tensor) -> tuple[Tensor, Tensor]:
        """Normalised `rgb` ``(N, T, 3, H, W)`` and `flow` ``(N, T, 2 * stack, H, W)`` to both streams' features.

        Features are ``(N, 32 * width, T', H / 32, W / 32)``, T' = T without `temporal_pool`.
        """
        length = rgb.shape[1]
        appearance, motion = self.appearance.stem(rgb.flatten(0, 1)), self.motion.stem(flow.flatten(0, 1))
        for looks, moves in zip(self.appearance.stages, self.motion.stages, strict=True):
            for index, (look, move) in enumerate(zip(looks, moves, strict=True)):
                branch = self.inject(appearance, motion) if index == 1 else None
                appearance, motion = look(appearance, length, branch), move(motion, length)
        return self._features(appearance, length), self._features(motion, length)

    def inject(self, appearance: Tensor, motion: Tensor) -> Tensor:
        """What the residual branch of appearance sees: its sum before ReLU, plus or times ReLU(motion)."""
        moved = functional.relu(motion)
        return appearance + moved if self.injection == "add" else appearance * moved

    def _features(self, x: Tensor, length: int) -> Tensor:
        clips = torch.relu(x).reshape(-1, length, *x.shape[1:]).transpose(1, 2)
        if not self.temporal_pool:
            return clips
        pooled: Tensor = functional.max_pool3d(clips, (min(POOL, length), 1, 1), stride=(POOL_STRIDE, 1, 1))
        return pooled
