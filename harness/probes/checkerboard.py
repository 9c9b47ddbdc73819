"""Whether enlarging leaves a grid behind: peaks in the spectrum at the frequencies of a pattern of `scale` pixels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

from harness.contracts import Measurement, Sample, Wants
from harness.probes.sampling import evenly_spaced
from harness.probes.similarity import luma

NEAR, FAR = 1, 4
"""Cycles a frame from a frequency within which a peak of a Hann window lies, and up to which its surroundings reach."""

FLOOR = 1.0
"""Power that rounding to 8 bits leaves even of a black frame, about; so that nothing is divided by nothing."""


@dataclass(frozen=True)
class Checkerboard:
    """``checkerboard``: in dB, by how much SR frames stand out from HR frames at the worst of these frequencies.

    A network whose last layers treat the `scale` x `scale` pixels that come of one LR pixel unlike (pixel shuffle,
    transposed convolution) leaves a pattern of that period in each direction, so peaks at multiples of 1 / `scale`
    cycles a pixel (Odena et al., Deconvolution and Checkerboard Artifacts, Distill 2016). At each of them the power of
    Y, mean over frames, is divided by that of its surroundings; frequencies that differ in signs or in the order of
    their directions count together. 0 for HR itself, negative for what is smoother than HR there; None for frames of
    less than 6 x `scale` pixels a side.
    """

    scale: int
    samples: int = 0
    """How many evenly spaced frames of a clip are looked at; 0 for every frame."""

    def wants(self, num_frames: int) -> Wants:
        return Wants(frames=evenly_spaced(num_frames, self.samples))

    def measure(self, sample: Sample) -> Measurement:
        frames = self.wants(sample.num_frames).frames
        if not frames or min(sample.hr(frames[:1]).shape[-2:]) < 6 * self.scale:
            return Measurement({"checkerboard": None})
        sr, hr = (peaks([luma(read([frame]))[0] for frame in frames], self.scale) for read in (sample.sr, sample.hr))
        return Measurement({"checkerboard": max(sr[kind] - hr[kind] for kind in sr)})


def peaks(frames: Sequence[Tensor], scale: int) -> Mapping[tuple[int, int], float]:
    """How far each kind of frequency stands out, in dB, by its multiples of 1 / `scale`, the larger one first.

    Frames are `(H, W)`, of sides that `scale` divides.
    """
    power = torch.stack([_power(frame) for frame in frames]).mean(dim=0)
    height, width = power.shape
    ratios: dict[tuple[int, int], list[Tensor]] = defaultdict(list)
    for down, across in product(range(scale), repeat=2):
        if down or across:
            kind = sorted((min(step, scale - step) for step in (down, across)), reverse=True)
            ratios[kind[0], kind[1]].append(_ratio(power, down * height // scale, across * width // scale))
    return {kind: float(10 * torch.stack(found).mean().log10()) for kind, found in ratios.items()}


def _power(frame: Tensor) -> Tensor:
    """The power spectrum of a frame, without its mean, under a Hann window."""
    height, width = frame.shape
    rows, columns = (torch.hann_window(side, dtype=frame.dtype, device=frame.device) for side in (height, width))
    spectrum: Tensor = torch.fft.fft2((frame - frame.mean()) * rows[:, None] * columns)
    return spectrum.abs().square()


def _ratio(power: Tensor, row: int, column: int) -> Tensor:
    """Mean power at a frequency over that of a square ring around it."""
    height, width = power.shape
    reach = torch.arange(-FAR, FAR + 1, device=power.device)
    square = power[(row + reach)[:, None] % height, (column + reach) % width]
    away = torch.maximum(reach.abs()[:, None], reach.abs())
    # what is black or of one colour has no power anywhere
    return (square[away <= NEAR].mean() + FLOOR) / (square[away > NEAR + 1].mean() + FLOOR)
