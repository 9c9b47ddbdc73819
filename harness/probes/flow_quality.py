"""How well the flow of restored frames matches that of high-resolution frames."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from harness.contracts import Measurement, Sample, Wants
from harness.probes.sampling import consecutive_pairs

NUMBERS = ("flow_epe", "flow_bad1", "flow_bad3")


@dataclass(frozen=True)
class FlowQuality:
    """End-point error of the flow between consecutive frames, over all pixels of the wanted pairs.

    ``flow_epe``: mean length of the difference in pixels (Baker et al., IJCV 2011); ``flow_bad1``, ``flow_bad3``: share
    of pixels that are off by more than 1 and 3 px, 0 to 100 %. All None for a clip of one frame.
    """

    scale: int
    samples: int = 0
    """How many evenly spaced pairs of a clip are compared; 0 for every pair."""

    def wants(self, num_frames: int) -> Wants:
        return Wants(pairs=consecutive_pairs(num_frames, self.samples))

    def measure(self, sample: Sample) -> Measurement:
        pairs = self.wants(sample.num_frames).pairs
        if not pairs:
            return Measurement(dict.fromkeys(NUMBERS))
        # square root of a sum: torch's vector_norm takes ten times as long for two components
        error = (sample.sr_flow(pairs) - sample.hr_flow(pairs)).square_().sum(dim=1).sqrt_()
        bad1, bad3 = (100 * (error > limit).mean(dtype=torch.float64) for limit in (1, 3))
        values = (error.mean(dtype=torch.float64), bad1, bad3)
        return Measurement(dict(zip(NUMBERS, map(float, values), strict=True)))
