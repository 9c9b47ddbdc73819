"""What a student learns from a teacher's features in space and time."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from harness_basicsr.networks.convlstm import ConvLSTMCell, State

FROZEN_BELOW = 1e-8
"""The loss in time below which the ConvLSTM learns no more."""


def space_map(features: Tensor) -> Tensor:
    """Where features are strong: their squares summed over channels, ``(..., C, H, W)`` to ``(..., H, W)``."""
    return features.square().sum(dim=-3)


def normalised(maps: Tensor) -> Tensor:
    """Maps ``(..., H, W)``, each divided by its root mean square; one of zeros stays so.

    Source: Zagoruyko, Komodakis: Paying More Attention to Attention, ICLR 2017, who divide by the L2 norm; of such maps
    the mean squared difference, taken here, would be less the more pixels there are.
    """
    flat = maps.flatten(-2)
    found: Tensor = nn.functional.normalize(flat, dim=-1) * math.sqrt(flat.shape[-1])
    return found.reshape(maps.shape)


def neighbourhoods(frames: Tensor, radius: int) -> Tensor:
    """Each frame among its neighbours: ``(N, T, ...)`` to ``(N, T, 2 * radius + 1, ...)``, the ends repeated."""
    length = frames.shape[1]
    around = torch.arange(length)[:, None] + torch.arange(-radius, radius + 1)
    return frames[:, around.clamp(0, length - 1)]


class SpaceTimeLoss(nn.Module):
    """Space-time distillation (STD): mean squared differences between what student and teacher make of features.

    In space (``l_space``) of `space_map`; in time (``l_time``) of the last cell state of one ConvLSTM, shared by both,
    that reads each frame among `radius` neighbours on either side. The ConvLSTM learns with the student until the loss
    in time, before its weight, is below `FROZEN_BELOW`, and stays as it is from then on: zeros everywhere would make
    any two clips equal. A term of weight 0 is left out.
    Source: Xiao, Fu, Huang, Cheng, Xiong: Space-Time Distillation for Video Super-Resolution, CVPR 2021.
    Not published, and chosen here: the means, a 1x1 convolution that brings the student's features to the teacher's
    width for the loss in time, and maps divided by their root mean square (`normalise`; None: if the widths differ),
    since sums grow with the width.
    """

    def __init__(
        self, widths: tuple[int, int], space: float, time: float, radius: int, normalise: bool | None = None
    ) -> None:
        super().__init__()
        student, teacher = widths
        self.space, self.time, self.radius = space, time, radius
        self.normalise = student != teacher if normalise is None else normalise
        self.adapter = nn.Conv2d(student, teacher, 1) if time and student != teacher else nn.Identity()
        self.cell = ConvLSTMCell(teacher) if time else None
        self.frozen: Tensor
        self.register_buffer("frozen", torch.tensor(False))

    def forward(self, student: Tensor, teacher: Tensor) -> dict[str, Tensor]:
        """The weighted terms. Features are ``(N, T, C, H, W)`` of the same size, with the channels of each."""
        terms = {}
        if self.space:
            terms["l_space"] = self.space * mse_loss(self._map(student), self._map(teacher))
        if self.cell is not None:
            self.cell.requires_grad_(not self.frozen)
            adapted = self.adapter(student.flatten(0, 1)).reshape(teacher.shape)
            loss = mse_loss(self._memory(self.cell, adapted), self._memory(self.cell, teacher))
            self.frozen |= loss.detach() < FROZEN_BELOW
            terms["l_time"] = self.time * loss
        return terms

    def _map(self, features: Tensor) -> Tensor:
        found = space_map(features)
        return normalised(found) if self.normalise else found

    def _memory(self, cell: ConvLSTMCell, features: Tensor) -> Tensor:
        """Cell states ``(N * T, C, H, W)`` after the neighbourhood of each frame."""
        state: State | None = None
        for step in neighbourhoods(features, self.radius).flatten(0, 1).unbind(dim=1):
            state = cell(step, state)
        assert state is not None
        return state[1]
