"""Picture quality of 8-bit frames: PSNR and SSIM, on luma and on colours."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from harness.contracts import Measurement, Sample, Wants
from harness.probes.portioned import Portioned, at_once
from harness.probes.sampling import evenly_spaced
from harness.probes.similarity import TAPS, decibel, luma, mean_square, rgb, ssim
from harness.transfer import to_host

BLOCK_PIXELS = {"cpu": 1 << 17, "cuda": 1 << 20}
"""Pixels compared at once, by kind of device: on a CPU so many that what is made of them stays in the cache."""


@dataclass(frozen=True)
class _PictureProbe(Portioned):
    """Compares restored frames with HR frames, one by one, without a border of `crop_border` + `shave` pixels."""

    scale: int
    crop_border: int = -1
    """Pixels that are cut off at each side, as BasicSR's option of this name; -1 means `scale` pixels."""
    shave: int = 0
    """Pixels that are cut off besides; EDSR's numbers on DIV2K are of `scale` + 6 (Lim et al., CVPRW 2017)."""
    samples: int = 0
    """How many evenly spaced frames of a clip are compared; 0 for every frame."""

    key: ClassVar[str]
    values: ClassVar[Callable[[Tensor, int], Tensor]]
    """What is compared: `luma` or `rgb`."""
    smallest_side: ClassVar[int] = 1

    def wants(self, num_frames: int) -> Wants:
        return Wants(frames=evenly_spaced(num_frames, self.samples))

    def units(self, num_frames: int) -> Sequence[Wants]:
        return [Wants(frames=(frame,)) for frame in self.wants(num_frames).frames]

    def see(self, sample: Sample, units: Sequence[Wants]) -> Tensor:
        """One value per frame; none if cropping leaves nothing to compare."""
        frames = [frame for unit in units for frame in unit.frames]
        first = sample.sr(frames[:1])
        height, width = first.shape[-2:]
        border = self.shave + (self.scale if self.crop_border < 0 else self.crop_border)
        if not frames or min(height, width) - 2 * border < self.smallest_side:
            return torch.empty(0)
        block = at_once(first, BLOCK_PIXELS)
        parts = [frames[start : start + block] for start in range(0, len(frames), block)]
        values = type(self).values
        found = [self.compare(values(sample.sr(part), border), values(sample.hr(part), border)) for part in parts]
        return to_host(torch.cat(found))

    @abstractmethod
    def compare(self, sr: Tensor, hr: Tensor) -> Tensor:
        """One value per frame, ``(T,)``, of frames ``(T, ...)`` in 0..255."""


class _Psnr(_PictureProbe):
    """Peak signal-to-noise ratio in dB, pooled in two ways.

    ``KEY``: mean over the frames that differ from their reference; None if none does. ``KEY_infinite``: the others,
    whose PSNR is infinite. ``KEY_error``: sum over all frames of the mean squared error in squared grey levels, and
    ``KEY_frames`` their number: what the PSNR of the mean error is made of, in which identical frames count as such.
    """

    def compare(self, sr: Tensor, hr: Tensor) -> Tensor:
        return mean_square(sr, hr)

    def summary(self, values: Tensor) -> Measurement:
        different = values[values > 0]
        return Measurement(
            {
                self.key: _mean(decibel(different)),
                f"{self.key}_infinite": len(values) - len(different),
                f"{self.key}_error": float(values.sum()),
                f"{self.key}_frames": len(values),
            }
        )


class _Ssim(_PictureProbe):
    """``KEY``: structural similarity (Wang et al., 2004), mean over frames; None if the window does not fit."""

    smallest_side = len(TAPS)

    def compare(self, sr: Tensor, hr: Tensor) -> Tensor:
        return ssim(sr, hr)

    def summary(self, values: Tensor) -> Measurement:
        return Measurement({self.key: _mean(values)})


class PsnrY(_Psnr):
    """PSNR on Y."""

    key, values = "psnr_y", luma


class SsimY(_Ssim):
    """SSIM on Y."""

    key, values = "ssim_y", luma


class PsnrRgb(_Psnr):
    """PSNR on R, G and B together."""

    key, values = "psnr_rgb", rgb


class SsimRgb(_Ssim):
    """Mean SSIM of R, G and B."""

    key, values = "ssim_rgb", rgb


def _mean(values: Tensor) -> float | None:
    mean = float(values.mean()) if len(values) else math.nan
    return mean if math.isfinite(mean) else None
