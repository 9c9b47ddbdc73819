"""How well the flow of restored frames matches that of high-resolution frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from harness.contracts import Measurement, Pair, Sample, Wants
from harness.probes.portioned import Portioned, at_once
from harness.probes.sampling import consecutive_pairs
from harness.transfer import to_host

NUMBERS = ("flow_epe", "flow_bad1", "flow_bad3")
BLOCK_PIXELS = {"cpu": 1 << 20}
"""Pixels compared at once, on any device, so that long clips of large frames fit into memory."""


@dataclass(frozen=True)
class FlowQuality(Portioned):
    """End-point error of the flow between consecutive frames, over all pixels of the wanted pairs.

    ``flow_epe``: mean length of the difference in pixels (Baker et al., IJCV 2011); ``flow_bad1``, ``flow_bad3``: share
    of pixels that are off by more than 1 and 3 px, 0 to 100 %. All None for a clip of one frame.
    """

    scale: int
    samples: int = 0
    """How many evenly spaced pairs of a clip are compared; 0 for every pair."""

    def wants(self, num_frames: int) -> Wants:
        return Wants(pairs=consecutive_pairs(num_frames, self.samples))

    def units(self, num_frames: int) -> Sequence[Wants]:
        return [Wants(pairs=(pair,)) for pair in self.wants(num_frames).pairs]

    def see(self, sample: Sample, units: Sequence[Wants]) -> Tensor:
        """Sums over blocks of pairs, float64 ``(blocks, 4)``: length, pixels off by 1 px, by 3 px, and all pixels."""
        pairs = [unit.pairs[0] for unit in units]
        if not pairs:
            return torch.empty(0, 4)
        size = at_once(sample.hr_flow(pairs[:1]), BLOCK_PIXELS)
        blocks = [pairs[start : start + size] for start in range(0, len(pairs), size)]
        return to_host(torch.stack([_sums(sample, block) for block in blocks]))

    def summary(self, values: Tensor) -> Measurement:
        if not len(values):
            return Measurement(dict.fromkeys(NUMBERS))
        length, bad1, bad3, pixels = values.sum(dim=0).tolist()
        means = length / pixels, 100 * (bad1 / pixels), 100 * (bad3 / pixels)
        return Measurement(dict(zip(NUMBERS, means, strict=True)))


def _sums(sample: Sample, pairs: Sequence[Pair]) -> Tensor:
    # square root of a sum: torch's vector_norm takes ten times as long for two components
    error = (sample.sr_flow(pairs) - sample.hr_flow(pairs)).square_().sum(dim=1).sqrt_()
    off = [(error > limit).sum(dtype=torch.float64) for limit in (1, 3)]
    return torch.stack([error.sum(dtype=torch.float64), *off, torch.full_like(off[0], error.numel())])
