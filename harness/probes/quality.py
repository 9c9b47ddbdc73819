"""Picture quality on the luma of 8-bit frames: PSNR and SSIM.

Luma is Y of BT.601 in studio range (16..235), the convention in the super-resolution literature. Agrees with BasicSR's
``calculate_psnr`` and ``calculate_ssim`` (``test_y_channel=True``) to 1e-4 per frame.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from harness.contracts import Measurement, Sample, Wants
from harness.probes.sampling import evenly_spaced

LUMA = (65.481, 128.553, 24.966)
LUMA_OFFSET = 16.0
MIDDLE = 128.0
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
GAUSSIAN = [math.exp(-0.5 * (offset / 1.5) ** 2) for offset in range(-5, 6)]
TAPS = [weight / sum(GAUSSIAN) for weight in GAUSSIAN]
"""SSIM's window along one axis: 11 pixels, standard deviation 1.5."""
BLOCK_PIXELS = 4_000_000
"""Pixels processed at once, so that long clips of large frames fit into memory."""


@dataclass(frozen=True)
class _LumaProbe(ABC):
    """A mean over frames. `crop_border` pixels are cut off at each side; -1 means `scale` pixels."""

    scale: int
    crop_border: int = -1
    samples: int = 0
    """How many evenly spaced frames of a clip are compared; 0 for every frame."""

    smallest_side = 1

    def wants(self, num_frames: int) -> Wants:
        return Wants(frames=evenly_spaced(num_frames, self.samples))

    def measure(self, sample: Sample) -> Measurement:
        """The mean over the wanted frames; undefined (None) if cropping leaves nothing to compare."""
        frames = self.wants(sample.num_frames).frames
        height, width = sample.sr(frames[:1]).shape[-2:]
        border = self.scale if self.crop_border < 0 else self.crop_border
        if min(height, width) - 2 * border < self.smallest_side:
            return Measurement(self.summary(torch.empty(0)))
        block = max(1, BLOCK_PIXELS // (height * width))
        parts = [frames[start : start + block] for start in range(0, len(frames), block)]
        values = [self.compare(luma(sample.sr(part), border), luma(sample.hr(part), border)) for part in parts]
        return Measurement(self.summary(torch.cat(values).cpu()))

    @abstractmethod
    def compare(self, sr: Tensor, hr: Tensor) -> Tensor:
        """One value per frame, ``(T,)``, for luma frames ``(T, H, W)`` in 16..235."""

    @abstractmethod
    def summary(self, values: Tensor) -> dict[str, float | int | None]:
        """The numbers of a clip from the values of its frames."""


class PsnrY(_LumaProbe):
    """``psnr_y``: peak signal-to-noise ratio in dB, mean over frames; ``psnr_y_infinite``: identical frames, left out.

    `psnr_y` is None if every frame is identical to its reference.
    """

    def compare(self, sr: Tensor, hr: Tensor) -> Tensor:
        return psnr(sr, hr)

    def summary(self, values: Tensor) -> dict[str, float | int | None]:
        finite = values[values.isfinite()]
        return {"psnr_y": _mean(finite), "psnr_y_infinite": len(values) - len(finite)}


class SsimY(_LumaProbe):
    """``ssim_y``: structural similarity (Wang et al., 2004), mean over frames; None if the window does not fit."""

    smallest_side = len(TAPS)

    def compare(self, sr: Tensor, hr: Tensor) -> Tensor:
        return ssim(sr, hr)

    def summary(self, values: Tensor) -> dict[str, float | int | None]:
        return {"ssim_y": _mean(values)}


def luma(frames: Tensor, border: int = 0) -> Tensor:
    """Y in 16..235, float64 ``(T, H, W)``, of RGB ``(T, 3, H, W)`` in [0, 1] rounded to 8 bits, without the border."""
    height, width = frames.shape[-2:]
    levels = frames[..., border : height - border, border : width - border].mul(255).round_()
    # in single precision the PSNR of a frame that differs by one level in one pixel would be off by 1e-4 dB
    red, green, blue = levels.double().unbind(dim=1)
    return (red * LUMA[0]).add_(green, alpha=LUMA[1]).add_(blue, alpha=LUMA[2]).div_(255).add_(LUMA_OFFSET)


def psnr(first: Tensor, second: Tensor) -> Tensor:
    """PSNR in dB of every frame, float64 ``(T,)``, of ``(T, H, W)`` in 0..255; infinite for identical frames."""
    mean_square = (first - second).double().square_().mean(dim=(-2, -1))
    return 10 * torch.log10(255**2 / mean_square)


def ssim(first: Tensor, second: Tensor) -> Tensor:
    """SSIM of every frame, float64 ``(T,)``, of ``(T, H, W)`` in 0..255: 11x11 Gaussian window wherever it fits."""
    # variances do not depend on the level and lose fewer digits around 0, where single precision is enough
    first, second = (first - MIDDLE).float(), (second - MIDDLE).float()
    moments = torch.stack((first, second, first.square() + second.square(), first * second))
    mean_1, mean_2, squares, products = _window_mean(_window_mean(moments, -2), -1)
    covariance, variances = products - mean_1 * mean_2, squares - mean_1.square() - mean_2.square()
    level_1, level_2 = mean_1.add_(MIDDLE), mean_2.add_(MIDDLE)
    similar = (2 * level_1 * level_2 + C1) * (2 * covariance + C2)
    total = (level_1.square() + level_2.square() + C1) * (variances + C2)
    return torch.mean(similar / total, dim=(-2, -1), dtype=torch.float64)


def _window_mean(values: Tensor, dim: int) -> Tensor:
    """Gaussian mean along one axis. Eleven shifted sums are faster than a convolution, and are not rounded to TF32."""
    length = values.shape[dim] - len(TAPS) + 1
    total = values.narrow(dim, 0, length) * TAPS[0]
    for start, tap in enumerate(TAPS[1:], 1):
        total.add_(values.narrow(dim, start, length), alpha=tap)
    return total


def _mean(values: Tensor) -> float | None:
    mean = float(values.mean()) if len(values) else math.nan
    return mean if math.isfinite(mean) else None
