"""RIFE as a filler. Implements `harness.contracts.Interpolator`."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from pathlib import Path

import torch
from torch import Tensor

from harness.weights.loading import load_into
from harness_frame_rate.ifnet import IFNet


class Rife:
    """Frames between by flow; those of a frame's own time stay as they are.

    Pairs go through the network one by one, because how coarsely it looks depends on how far a pair moves.
    """

    temporal_radius = 1

    def __init__(self, network: IFNet, *, device: torch.device) -> None:
        self.network = network.to(device).eval()

    def upscale(self, lr: Tensor, frames: Sequence[float]) -> Tensor:
        """The frames of the wanted times, in frames of `lr`."""
        with torch.no_grad():
            return torch.cat([self._at(lr, time) for time in frames])

    def _at(self, lr: Tensor, time: float) -> Tensor:
        before = floor(time)
        if time == before:
            return lr[before : before + 1]
        found: Tensor = self.network(lr[before : before + 1], lr[before + 1 : before + 2], time - before)
        return found.clamp(0, 1)


def build(*, scale: int, device: torch.device, weights: Path | None, checkpoint: str | None = None) -> Rife:
    """`checkpoint` is the user's own file, of RIFE 4 without what restoring does not take."""
    network = IFNet()
    file = Path(checkpoint).expanduser() if checkpoint else weights
    if file is not None:
        load_into(network, file)
    return Rife(network, device=device)
