"""tLP: whether frames change to the eye as much as those of the HR video."""

from __future__ import annotations

import torch

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

    def measure(self, sample: Sample) -> Measurement:
        firsts = [first for first, _ in consecutive_pairs(sample.num_frames, self.samples)]
        found = []
        for part in blocks(sample, firsts) if firsts else ():
            seconds = [first + 1 for first in part]
            restored, true = (self.between(frames(part), frames(seconds)) for frames in (sample.sr, sample.hr))
            found.append((restored - true).abs())
        return Measurement({"tlp100": 100 * float(torch.cat(found).mean()) if found else None})
