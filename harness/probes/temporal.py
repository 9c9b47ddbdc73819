"""Temporal consistency of restored frames along the motion of the high-resolution video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from harness.contracts import Measurement, Pair, Sample, Wants
from harness.probes.portioned import Portioned, at_once
from harness.probes.sampling import consecutive_pairs
from harness.transfer import to_host
from harness.video.warp import visible, warp

BLOCK_PIXELS = {"cpu": 1 << 18, "cuda": 1 << 21}
"""Pixels warped at once, by kind of device."""


@dataclass(frozen=True)
class TemporalConsistency(Portioned):
    """Change from frame to frame that motion does not explain, on RGB frames in 0..255.

    W(x) is frame t + 1 warped back by the HR flow t -> t + 1. Means are over the channels, over the pixels of frame t
    that the flow there and back (t + 1 -> t) says are visible in both frames, then over the wanted pairs.

    ``warp_error``: mean of (SR_t - W(SR_{t+1}))^2, in squared grey levels. This is the warping error of Lai et al.,
    ECCV 2018, with the occlusion check of Sundaram et al., ECCV 2010. It is above 0 even for HR itself.
    ``flicker``: mean of max(0, |SR_t - W(SR_{t+1})| - |HR_t - W(HR_{t+1})|), in grey levels: the unexplained change of
    restored frames beyond that of HR frames. It is 0 for HR itself; blur hides it.

    Pairs without a visible pixel are left out; both are None if no pair is left.
    """

    scale: int
    samples: int = 0
    """How many evenly spaced pairs of a clip are looked at; 0 for every pair."""

    def wants(self, num_frames: int) -> Wants:
        pairs = consecutive_pairs(num_frames, self.samples)
        return Wants(pairs=pairs + _reversed(pairs))

    def units(self, num_frames: int) -> Sequence[Wants]:
        return [Wants(pairs=(pair, *_reversed([pair]))) for pair in consecutive_pairs(num_frames, self.samples)]

    def see(self, sample: Sample, units: Sequence[Wants]) -> Tensor:
        """Warping error and flicker of every pair; NaN where no pixel is visible."""
        pairs = [unit.pairs[0] for unit in units]
        if not pairs:
            return torch.empty(0, 2)
        size = at_once(sample.hr(pairs[0][:1]), BLOCK_PIXELS)
        blocks = [pairs[start : start + size] for start in range(0, len(pairs), size)]
        return to_host(torch.cat([_errors(sample, block) for block in blocks]))

    def summary(self, values: Tensor) -> Measurement:
        values = values[values.isfinite().all(dim=1)]
        warp_error, flicker = values.mean(dim=0).tolist() if len(values) else (None, None)
        return Measurement({"warp_error": warp_error, "flicker": flicker})


def _errors(sample: Sample, pairs: Sequence[Pair]) -> Tensor:
    """Warping error and flicker of every pair, float64 ``(len(pairs), 2)``; NaN where no pixel is visible."""
    flow = sample.hr_flow(pairs)
    mask = visible(flow, sample.hr_flow(_reversed(pairs)))
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    sr = _unexplained(sample.sr(first), sample.sr(second), flow)
    hr = _unexplained(sample.hr(first), sample.hr(second), flow)
    values = torch.stack((sr.square().mean(dim=1), (sr.abs() - hr.abs()).clamp_min_(0).mean(dim=1)))
    return ((values * mask).sum(dim=(-2, -1), dtype=torch.float64) / mask.sum(dim=(-2, -1))).T


def _unexplained(first: Tensor, second: Tensor, flow: Tensor) -> Tensor:
    """Change ``(N, 3, H, W)`` in grey levels between frames after the motion is taken out."""
    return (first - warp(second, flow)) * 255


def _reversed(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    return tuple((second, first) for first, second in pairs)
