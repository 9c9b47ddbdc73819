"""DFlow, known to BasicSR's registry as ``DFlow``."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, interpolate, leaky_relu, pixel_shuffle

from harness_basicsr import compat  # noqa: F401  (before basicsr)
from harness_basicsr.networks.distilling import SLOPE, DistillationTrunk, conv

from basicsr.archs.arch_util import flow_warp  # isort: skip
from basicsr.utils.registry import ARCH_REGISTRY  # isort: skip

SCALE = 4


class LargeKernelAttention(nn.Module):
    """Weighs features by a neighbourhood of 23 pixels: two depthwise convolutions, the second dilated by three.

    Source: Guo et al., Visual Attention Network, 2022. ``(N, num_feat, h, w)`` to the same.
    """

    def __init__(self, num_feat: int) -> None:
        super().__init__()
        self.enter, self.mix, self.leave = (conv(num_feat, num_feat, 1) for _ in range(3))
        self.near = nn.Conv2d(num_feat, num_feat, 5, padding=2, groups=num_feat)
        self.far = nn.Conv2d(num_feat, num_feat, 7, padding=9, dilation=3, groups=num_feat)

    def forward(self, x: Tensor) -> Tensor:
        entered = gelu(self.enter(x))
        found: Tensor = x + self.leave(entered * self.mix(self.far(self.near(entered))))
        return found


class InitialMotion(nn.Module):
    """Flow ``(N, 2, h, w)`` in pixels from two frames ``(N, 3, h, w)``, by what differs between them."""

    def __init__(self, num_feat: int) -> None:
        super().__init__()
        self.difference, self.each, self.both = conv(3, num_feat), conv(3, num_feat), conv(6, num_feat)
        self.deepen = nn.ModuleList(
            nn.Sequential(LargeKernelAttention(num_feat), LargeKernelAttention(num_feat)) for _ in range(3)
        )
        self.flow = conv(3 * num_feat, 2, 1)

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        seen = (
            self.difference(one - other),
            self.both(torch.cat([one, other], dim=1)),
            self.each(one) - self.each(other),
        )
        found: Tensor = self.flow(torch.cat([deepen(x) for deepen, x in zip(self.deepen, seen, strict=True)], dim=1))
        return found


@dataclass
class Carried:
    """What one direction gives: features and flows by frame; the frame where it begins has no flow."""

    features: list[Tensor]
    flows: list[Tensor | None]


@ARCH_REGISTRY.register()
class DFlow(nn.Module):
    """Features carried both ways through a clip along a flow that is carried as well: RGB ``(N, T, 3, h, w)`` in [0, 1]
    to ``(N, T, 3, 4 h, 4 w)``.

    The flow of the first two frames is estimated; each later one is made from the one before it and from what changes
    between two frames. 2,950,667 parameters as published (64 features, 2 blocks a stage). T is at least 2, sides are at
    least 15 pixels. Source: Gao et al., Propagating Difference Flows for Efficient Video Super-Resolution, BMVC 2022,
    whose details are those of the authors' code.
    """

    def __init__(self, num_feat: int = 64, num_block: int = 2) -> None:
        super().__init__()
        self.num_feat = num_feat
        self.motions = nn.ModuleList(InitialMotion(num_feat) for _ in range(2))
        self.changes = nn.ModuleList(nn.Sequential(conv(5, num_feat), conv(num_feat, 2, 1)) for _ in range(2))
        self.backward_trunk = DistillationTrunk(num_feat + 3, num_feat, num_block)
        self.forward_trunk = DistillationTrunk(2 * num_feat + 3, num_feat, num_block)
        self.fuse = conv(2 * num_feat, num_feat, 1)
        self.enlarge = nn.ModuleList(conv(num_feat, 4 * num_feat) for _ in range(2))
        self.tail, self.last = conv(num_feat, num_feat), conv(num_feat, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.restore(x)[0]

    def restore(self, x: Tensor) -> tuple[Tensor, Carried, Carried]:
        """The clip restored, and what was carried forward and backward."""
        frames = list(x.unbind(dim=1))
        backward = self._carry(frames[::-1], 1, [[] for _ in frames])
        backward = Carried(backward.features[::-1], backward.flows[::-1])
        forward = self._carry(frames, 0, [[feature] for feature in backward.features])
        restored = [self._enlarge(*each) for each in zip(frames, backward.features, forward.features, strict=True)]
        return torch.stack(restored, dim=1), forward, backward

    def _carry(self, frames: list[Tensor], direction: int, others: list[list[Tensor]]) -> Carried:
        """Features of frames in the order in which they are visited; `others` are more of each frame."""
        motion, change = self.motions[direction], self.changes[direction]
        trunk = self.backward_trunk if direction else self.forward_trunk
        feature = frames[0].new_zeros(frames[0].shape[0], self.num_feat, *frames[0].shape[-2:])
        flow: Tensor | None = None
        carried = Carried([], [])
        for number, (frame, other) in enumerate(zip(frames, others, strict=True)):
            if number:
                before = frames[number - 1]
                flow = motion(frame, before) if flow is None else change(torch.cat([frame - before, flow], dim=1))
                feature = flow_warp(feature, flow.permute(0, 2, 3, 1))
            feature = trunk(torch.cat([frame, *other, feature], dim=1))
            carried.features.append(feature)
            carried.flows.append(flow)
        return carried

    def _enlarge(self, frame: Tensor, backward: Tensor, forward: Tensor) -> Tensor:
        deep = leaky_relu(self.fuse(torch.cat([backward, forward], dim=1)), SLOPE)
        for enlarge in self.enlarge:
            deep = leaky_relu(pixel_shuffle(enlarge(deep), 2), SLOPE)
        base = interpolate(frame, scale_factor=SCALE, mode="bilinear", align_corners=False)
        found: Tensor = self.last(leaky_relu(self.tail(deep), SLOPE)) + base
        return found
