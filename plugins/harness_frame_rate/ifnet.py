"""IFNet of RIFE, version 4: flow from a moment between two frames to both of them, from coarse to fine."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pad

from harness.errors import WeightsError
from harness.video.warp import warp
from harness.weights.loading import load_state

WIDTHS = (192, 128, 96, 64)
COARSENESS = (8, 4, 2, 1)
"""By how much each stage sees the frames reduced."""
FAR = 32.0
"""Pixels of both flows from which on a pair is looked at at half the size."""
MULTIPLE = 128
"""Sides are made multiples of it, so that the coarsest stage halves whole numbers at that size as well."""
USED = tuple(f"block{stage}." for stage in range(len(WIDTHS)))


def state_of_release(file: Path) -> dict[str, Tensor]:
    """What restoring takes of the released checkpoint: not the teacher of training, nor the refinement that is off.

    Raises as `load_state`, and `WeightsError` for another checkpoint.
    """
    found = {key: value for key, value in load_state(file).items() if key.startswith(USED)}
    if not found:
        raise WeightsError(f"{file}: not a checkpoint of RIFE 4: it has no {USED[0]}*")
    return found


class IFNet(nn.Module):
    """Two frames and a moment between them to the frame of that moment.

    Huang et al., Real-Time Intermediate Flow Estimation for Video Frame Interpolation, ECCV 2022, in the form of the
    authors' release 4.0, which has neither context nor refinement network in use.
    """

    def __init__(self) -> None:
        super().__init__()
        for stage, width in enumerate(WIDTHS):
            self.add_module(f"block{stage}", Stage(12 if stage else 7, width))

    def forward(self, first: Tensor, second: Tensor, moment: float) -> Tensor:
        """Of ``(1, 3, H, W)`` each and a moment in (0, 1): ``(1, 3, H, W)``."""
        height, width = first.shape[-2:]
        room = (0, -width % MULTIPLE, 0, -height % MULTIPLE)
        frames = pad(torch.cat([first, second], dim=1), room, mode="constant")
        found = self._at(frames, moment, COARSENESS, halved=False)
        return found[..., :height, :width]

    def _at(self, frames: Tensor, moment: float, coarseness: tuple[int, ...], *, halved: bool) -> Tensor:
        shown, when = frames, torch.full_like(frames[:, :1], moment)
        flow = share = torch.empty(0)
        for stage, (block, coarse) in enumerate(zip(self.children(), coarseness, strict=True)):
            if stage == 0:
                flow, share = block(torch.cat([shown, when], dim=1), None, coarse)
            else:
                more, sharing = block(torch.cat([shown, when, share], dim=1), flow, coarse)
                if stage == 1 and not halved and _is_far(more):
                    return self._at(frames, moment, tuple(2 * size for size in coarseness), halved=True)
                flow, share = flow + more, share + sharing
            shown = torch.cat([warp(frames[:, :3], flow[:, :2]), warp(frames[:, 3:], flow[:, 2:])], dim=1)
        share = torch.sigmoid(share)
        return shown[:, :3] * share + shown[:, 3:] * (1 - share)


class Stage(nn.Module):
    """A correction of both flows ``(N, 4, H, W)`` in pixels, and of the share of the first frame ``(N, 1, H, W)``."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.conv0 = nn.Sequential(_layer(channels, width // 2, stride=2), _layer(width // 2, width, stride=2))
        self.convblock = nn.Sequential(*(_layer(width, width) for _ in range(8)))
        self.lastconv = nn.ConvTranspose2d(width, 5, 4, 2, 1)

    def forward(self, seen: Tensor, flow: Tensor | None, coarse: int) -> tuple[Tensor, Tensor]:
        small = _resized(seen, 1 / coarse)
        if flow is not None:
            small = torch.cat([small, _resized(flow, 1 / coarse) / coarse], dim=1)
        features = self.conv0(small)
        found = _resized(self.lastconv(self.convblock(features) + features), 2 * coarse)
        return found[:, :4] * (2 * coarse), found[:, 4:]


def _layer(channels: int, width: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, width, 3, stride, 1), nn.PReLU(width))


def _resized(values: Tensor, factor: float) -> Tensor:
    return interpolate(values, scale_factor=factor, mode="bilinear", align_corners=False) if factor != 1 else values


def _is_far(flow: Tensor) -> bool:
    return all(bool(part.abs().max() > FAR) for part in (flow[:, :2], flow[:, 2:4]))
