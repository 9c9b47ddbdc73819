"""tLP: whether frames change to the eye as much as those of the HR video."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from harness.contracts import Measurement, Sample, Wants
from harness.probes.sampling import consecutive_pairs
from harness_perceptual.distances import Lpips, blocks


class TemporalLpips(Lpips):
    """``tlp100``: 100 |LPIPS(SR_t, SR_t+1) - LPIPS(HR_t, HR_t+1)|, mean over pairs; None for a single frame.

    Source: Chu et al., TecoGAN, TOG 2020; over whole frames and clips, where the authors leave out a border and two
    frames at either end. `samples` is a number of pairs; 0 is all.
    """

    def wants(self, num_frames: int) -> Wants:
        pairs = consecutive_pairs(num_frames, self.samples)
        return Wants(frames=tuple(dict.fromkeys(frame for pair in pairs for frame in pair)))

    def units(self, num_frames: int) -> Sequence[Wants]:
        return [Wants(frames=pair) for pair in consecutive_pairs(num_frames, self.samples)]

    def see(self, sample: Sample, units: Sequence[Wants]) -> Tensor:
        """One difference per pair; none where frames are too small."""
        found = [torch.empty(0, dtype=torch.float64)]
        for part in blocks(sample, [unit.frames[0] for unit in units]):
            seconds = [first + 1 for first in part]
            restored, true = (self.between(frames(part), frames(seconds)) for frames in (sample.sr, sample.hr))
            found.append((restored - true).abs())
        return torch.cat(found)

    def summary(self, values: Tensor) -> Measurement:
        return Measurement({"tlp100": 100 * float(values.mean()) if len(values) else None})
