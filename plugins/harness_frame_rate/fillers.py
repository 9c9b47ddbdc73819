"""Frames between without a network. Each implements `harness.contracts.Interpolator`."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor
from pathlib import Path

import torch
from torch import Tensor

from harness.transfer import positions


class Hold:
    """The frame nearest in time once more, the earlier one of two: at half the rate, every frame twice."""

    temporal_radius = 1

    def __init__(self, *, scale: int, device: torch.device, weights: Path | None = None) -> None:
        pass

    def upscale(self, lr: Tensor, frames: Sequence[float]) -> Tensor:
        """The frames of the wanted times, in frames of `lr`."""
        return lr.index_select(0, positions([ceil(time - 0.5) for time in frames], lr.device))


class Blend:
    """The mean of the frames on both sides of a time, weighted by how near they are."""

    temporal_radius = 1

    def __init__(self, *, scale: int, device: torch.device, weights: Path | None = None) -> None:
        pass

    def upscale(self, lr: Tensor, frames: Sequence[float]) -> Tensor:
        """The frames of the wanted times, in frames of `lr`."""
        before, after, share = sides(lr, frames)
        return torch.where(share > 0, torch.lerp(before, after, share), before)


def sides(lr: Tensor, times: Sequence[float]) -> tuple[Tensor, Tensor, Tensor]:
    """The frames before and after times, ``(N, 3, h, w)`` each, and how far from the first to the second they are.

    The last is ``(N, 1, 1, 1)`` in [0, 1); where it is 0, both frames are that of the time itself.
    """
    before, after = ([side(time) for time in times] for side in (floor, ceil))
    share = torch.tensor([time - floor(time) for time in times], dtype=lr.dtype, device=lr.device)
    first, second = (lr.index_select(0, positions(found, lr.device)) for found in (before, after))
    return first, second, share[:, None, None, None]
