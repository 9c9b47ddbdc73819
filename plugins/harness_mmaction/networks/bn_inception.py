"""BN-Inception, the backbone of TSN as published, which MMAction2 does not have.

Source: Ioffe and Szegedy, Batch Normalization, ICML 2015, in the form that TSN (Wang et al., ECCV 2016) uses. Parts are
named as in public checkpoints, including those of MMAction's first zoo.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from mmaction.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, max_pool2d

from harness.errors import UsageError

STRIDE = 32


@dataclass(frozen=True)
class Unit:
    """Channels of an Inception unit's branches; 0 if it lacks one. A unit without `project` halves the size."""

    single: int
    """1x1."""
    three: tuple[int, int]
    """1x1, then 3x3."""
    double: tuple[int, int]
    """1x1, then 3x3 twice."""
    project: int
    """1x1 after pooling over 3x3."""
    average: bool = True
    """Whether that pooling is the mean, else the maximum."""

    @property
    def stride(self) -> int:
        return 1 if self.project else 2

    def channels(self, given: int) -> int:
        """Output channels for `given` input channels."""
        return self.single + self.three[1] + self.double[1] + (self.project or given)


UNITS: Mapping[str, Unit] = {
    "inception_3a": Unit(64, (64, 64), (64, 96), 32),
    "inception_3b": Unit(64, (64, 96), (64, 96), 64),
    "inception_3c": Unit(0, (128, 160), (64, 96), 0),
    "inception_4a": Unit(224, (64, 96), (96, 128), 128),
    "inception_4b": Unit(192, (96, 128), (96, 128), 128),
    "inception_4c": Unit(160, (128, 160), (128, 160), 128),
    "inception_4d": Unit(96, (128, 192), (160, 192), 128),
    "inception_4e": Unit(0, (128, 192), (192, 256), 0),
    "inception_5a": Unit(352, (192, 320), (160, 224), 128),
    "inception_5b": Unit(352, (192, 320), (192, 224), 128, average=False),
}


@MODELS.register_module()
class BNInception(BaseModule):  # type: ignore[misc]
    """Images ``(N, in_channels, H, W)`` to features ``(N, 1024, H / 32, W / 32)``, float32; 10.3 M parameters.

    Raises `UsageError` for sides that are not multiples of 32, which its branches would halve to different sizes.
    """

    def __init__(self, in_channels: int = 3) -> None:
        super().__init__()
        self._add("conv1_7x7_s2", in_channels, 64, 7, stride=2)
        self._add("conv2_3x3_reduce", 64, 64, 1)
        self._add("conv2_3x3", 64, 192, 3)
        channels = 192
        for name, unit in UNITS.items():
            self._add_unit(name, unit, channels)
            channels = unit.channels(channels)

    def forward(self, x: Tensor) -> Tensor:
        if any(side % STRIDE for side in x.shape[-2:]):
            raise UsageError(f"BN-Inception takes sides that are multiples of {STRIDE}, not {tuple(x.shape[-2:])}")
        x = _halved(self._run(x.contiguous(memory_format=torch.channels_last), "conv1_7x7_s2"))
        x = _halved(self._run(x, "conv2_3x3_reduce", "conv2_3x3"))
        for name, unit in UNITS.items():
            x = torch.cat(list(self._branches(x, name, unit)), dim=1)
        return x

    def _add(self, name: str, given: int, made: int, side: int, stride: int = 1) -> None:
        self.add_module(name, nn.Conv2d(given, made, side, stride, side // 2))
        self.add_module(f"{name}_bn", nn.BatchNorm2d(made))

    def _add_unit(self, name: str, unit: Unit, given: int) -> None:
        if unit.single:
            self._add(f"{name}_1x1", given, unit.single, 1)
        self._add(f"{name}_3x3_reduce", given, unit.three[0], 1)
        self._add(f"{name}_3x3", *unit.three, 3, unit.stride)
        self._add(f"{name}_double_3x3_reduce", given, unit.double[0], 1)
        self._add(f"{name}_double_3x3_1", *unit.double, 3)
        self._add(f"{name}_double_3x3_2", unit.double[1], unit.double[1], 3, unit.stride)
        if unit.project:
            self._add(f"{name}_pool_proj", given, unit.project, 1)

    def _branches(self, x: Tensor, name: str, unit: Unit) -> Iterator[Tensor]:
        if unit.single:
            yield self._run(x, f"{name}_1x1")
        yield self._run(x, f"{name}_3x3_reduce", f"{name}_3x3")
        yield self._run(x, f"{name}_double_3x3_reduce", f"{name}_double_3x3_1", f"{name}_double_3x3_2")
        if not unit.project:
            yield _halved(x)
            return
        pool = avg_pool2d if unit.average else max_pool2d
        yield self._run(pool(x, 3, stride=1, padding=1), f"{name}_pool_proj")

    def _run(self, x: Tensor, *names: str) -> Tensor:
        for name in names:
            x = torch.relu(self.get_submodule(f"{name}_bn")(self.get_submodule(name)(x)))
        return x


def _halved(x: Tensor) -> Tensor:
    return max_pool2d(x, 3, stride=2, ceil_mode=True)
