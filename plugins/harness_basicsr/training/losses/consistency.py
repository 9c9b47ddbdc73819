"""Consistency in time and across two views inside a mask of what both pictures show, for BasicSR's registry."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from harness.video.warp import warp
from harness_basicsr import compat  # noqa: F401  (before basicsr)

from basicsr.utils.registry import LOSS_REGISTRY  # isort: skip

SHARPNESS = 50.0
LEFT, RIGHT = range(2)
MOMENTS = 3
Place = tuple[int, int]
"""View and time."""
IN_TIME: tuple[tuple[Place, Place], ...] = tuple(
    ((view, time), (view, time - 1)) for view in (LEFT, RIGHT) for time in (1, 2)
)
"""What is pulled onto what: of each pair the first place is the target, the second the source."""
ACROSS = tuple(((LEFT, time), (RIGHT, time)) for time in range(3))
BOTH = tuple(((view, 1), (1 - view, time)) for view in (LEFT, RIGHT) for time in (0, 2))
TERMS = (*IN_TIME, *ACROSS, *BOTH)
"""The eleven pairs of frames that are compared, in the order of the flow that is given."""
PAIRS = tuple((view * MOMENTS + time, other * MOMENTS + before) for (view, time), (other, before) in TERMS)
"""The same with frames counted through, those of the left view first."""


def shared(target: Tensor, warped: Tensor, *, squared: bool = False) -> Tensor:
    """How far two HR pictures ``(N, C, H, W)`` show the same: 1 where they do, towards 0 elsewhere, ``(N, 1, H, W)``.

    It is exp(-50 s^2) of the sum s of the differences over channels, so that differences of opposite sign cancel each
    other, as in the authors' code; `squared` sums the squares instead.
    """
    difference = target - warped
    distance = difference.square().sum(1, keepdim=True) if squared else difference.sum(1, keepdim=True).square()
    return torch.exp(-SHARPNESS * distance)


@LOSS_REGISTRY.register()
class StereoConsistencyLoss(nn.Module):
    """What restored frames of three moments of two views differ by when they are pulled onto each other.

    The sum of 11 mean squared errors (`TERMS`): each view's later frame and the one before it, four; the left frame and
    the right one of its time, three; the middle frame of a view and the others of the other view, four. Both pictures
    are multiplied by the mask (`shared`) before they are compared, and the mean is over all pixels. Beyond the frame
    the source's border is repeated, where the authors' code has black. Published `loss_weight`: 0.001, beside a
    Charbonnier loss of the same frames. Source: Xu et al., SVSRNet, ACM MM 2021.
    """

    def __init__(self, loss_weight: float = 0.001, squared: bool = False) -> None:
        super().__init__()
        self.loss_weight, self.squared = loss_weight, squared

    def forward(self, sr: Tensor, hr: Tensor, flow: Tensor) -> Tensor:
        """`sr` and `hr` are ``(N, 2, 3, C, H, W)``, the left view first; `flow` of the HR frames, ``(N, 11, 2, H, W)``
        in pixels, leads from target to source in the order of `TERMS`.
        """
        terms = []
        for number, ((view, time), (other, before)) in enumerate(TERMS):
            target, source = (sr[:, view, time], hr[:, view, time]), (sr[:, other, before], hr[:, other, before])
            terms.append(self.term(*target, *source, flow[:, number]))
        return self.loss_weight * torch.stack(terms).sum()

    def term(self, sr: Tensor, hr: Tensor, sr_source: Tensor, hr_source: Tensor, flow: Tensor) -> Tensor:
        """One of the terms, of pictures ``(N, C, H, W)``."""
        mask = shared(hr, warp(hr_source, flow), squared=self.squared)
        return (mask * (sr - warp(sr_source, flow))).square().mean()
