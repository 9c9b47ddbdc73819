"""Picture quality of the frames that were made apart from that of the others, which the mean over a clip mixes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from harness.contracts import Measurement, Sample, Wants
from harness.probes.portioned import Portioned, at_once
from harness.probes.sampling import consecutive_pairs
from harness.probes.similarity import TAPS, decibel, luma, mean_square, ssim
from harness.transfer import to_host

BLOCK_PIXELS = {"cpu": 1 << 17, "cuda": 1 << 20}
"""Pixels compared at once, by kind of device."""


@dataclass(frozen=True)
class MadeFrames(Portioned):
    """PSNR and SSIM on Y without a border of `scale` pixels, as the probes of the whole clip measure them.

    ``psnr_made``, ``ssim_made``: mean over frames of whose time there is no LR frame; ``psnr_kept``, ``ssim_kept``:
    over the others. PSNR leaves out frames that equal their reference. None where no frame is left.
    """

    scale: int
    samples: int = 0
    """How many evenly spaced pairs of frames that follow each other are compared; 0 for every frame."""

    def wants(self, num_frames: int) -> Wants:
        pairs = consecutive_pairs(num_frames, self.samples)
        return Wants(frames=tuple(dict.fromkeys(frame for pair in pairs for frame in pair)) or (0,))

    def units(self, num_frames: int) -> Sequence[Wants]:
        return [Wants(frames=(frame,)) for frame in self.wants(num_frames).frames]

    def see(self, sample: Sample, units: Sequence[Wants]) -> Tensor:
        """Of every frame whether it was made, its mean squared error and its SSIM, float64 ``(N, 3)``."""
        frames = [frame for unit in units for frame in unit.frames]
        if not frames:
            return torch.empty(0, 3, dtype=torch.float64)
        block = at_once(sample.sr(frames[:1]), BLOCK_PIXELS)
        parts = [frames[start : start + block] for start in range(0, len(frames), block)]
        values = to_host(torch.cat([self._compared(sample, part) for part in parts]))
        made = torch.tensor(sample.made(frames), dtype=torch.float64)
        return torch.cat([made[:, None], values], dim=1)

    def _compared(self, sample: Sample, frames: Sequence[int]) -> Tensor:
        sr, hr = luma(sample.sr(frames), self.scale), luma(sample.hr(frames), self.scale)
        alike = ssim(sr, hr) if min(sr.shape[-2:]) >= len(TAPS) else sr.new_full((len(sr),), math.nan)
        return torch.stack([mean_square(sr, hr), alike], dim=1)

    def summary(self, values: Tensor) -> Measurement:
        made = values[:, 0] > 0
        groups = {"made": values[made], "kept": values[~made]}
        psnr = {f"psnr_{name}": _mean(decibel(group[:, 1])) for name, group in groups.items()}
        return Measurement({**psnr, **{f"ssim_{name}": _mean(group[:, 2]) for name, group in groups.items()}})


def _mean(values: Tensor) -> float | None:
    """Of finite values; None if there are none."""
    finite = values[values.isfinite()]
    return float(finite.mean()) if len(finite) else None
