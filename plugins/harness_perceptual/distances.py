"""LPIPS and DISTS: how far restored frames are from HR frames to the eye, by the features of a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from harness.contracts import Measurement, Sample, Wants
from harness.probes.portioned import Portioned
from harness.probes.sampling import evenly_spaced
from harness_perceptual import compat

BLOCK_PIXELS = 1 << 19
"""Pixels that go through a network at once: 40 frames of 112x112."""
SMALLEST_SIDE = 32
"""Of smaller frames the networks' last layers see nothing."""


class _Distance(Portioned):
    """The mean over frames of what `network` says of restored and HR frames; None for frames that are too small."""

    key = ""

    def __init__(self, network: nn.Module, device: torch.device, samples: int) -> None:
        self.network = network.to(device)
        self.device = device
        self.samples = samples

    def wants(self, num_frames: int) -> Wants:
        return Wants(frames=evenly_spaced(num_frames, self.samples))

    def units(self, num_frames: int) -> Sequence[Wants]:
        return [Wants(frames=(frame,)) for frame in self.wants(num_frames).frames]

    def see(self, sample: Sample, units: Sequence[Wants]) -> Tensor:
        """One distance per frame; none where frames are too small."""
        frames = [frame for unit in units for frame in unit.frames]
        found = [self.between(sample.sr(part), sample.hr(part)) for part in blocks(sample, frames)]
        return torch.cat([torch.empty(0, dtype=torch.float64), *found])

    def summary(self, values: Tensor) -> Measurement:
        return Measurement({self.key: float(values.mean()) if len(values) else None})

    @torch.no_grad()
    def between(self, first: Tensor, second: Tensor) -> Tensor:
        """One distance per frame, float64 ``(N,)``, of two ``(N, 3, H, W)`` in [0, 1]."""
        found: Tensor = self.network(self.scaled(first), self.scaled(second))
        return found.flatten().double().cpu()

    def scaled(self, frames: Tensor) -> Tensor:
        """Frames in the range that the network takes."""
        return frames.to(self.device)


class Lpips(_Distance):
    """``lpips``: LPIPS 0.1 with AlexNet, as its authors recommend for comparing methods (Zhang et al., CVPR 2018)."""

    key = "lpips"

    def __init__(self, *, scale: int, device: torch.device, weights: Path, samples: int = 0) -> None:
        super().__init__(compat.lpips(weights), device, samples)

    def scaled(self, frames: Tensor) -> Tensor:
        return frames.to(self.device) * 2 - 1


class Dists(_Distance):
    """``dists``: DISTS with VGG16 (Ding et al., TPAMI 2022)."""

    key = "dists"

    def __init__(self, *, scale: int, device: torch.device, weights: Path, samples: int = 0) -> None:
        super().__init__(compat.dists(weights), device, samples)


def blocks(sample: Sample, frames: Sequence[int]) -> Iterator[Sequence[int]]:
    """The frames in portions that fit into memory; none where they are too small."""
    height, width = sample.sr(frames[:1]).shape[-2:]
    size = max(1, BLOCK_PIXELS // (height * width))
    if min(height, width) >= SMALLEST_SIDE:
        yield from (frames[start : start + size] for start in range(0, len(frames), size))
