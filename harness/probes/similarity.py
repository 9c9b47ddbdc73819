"""PSNR and SSIM of 8-bit frames, on luma or on colours.

Luma is Y of BT.601 in studio range (16..235), the convention in the super-resolution literature. Agrees with BasicSR's
``calculate_psnr`` and ``calculate_ssim``, with ``test_y_channel=True`` for luma, to 1e-4 per frame.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

LUMA = (65.481, 128.553, 24.966)
LUMA_OFFSET = 16.0
PEAK = 255.0
MIDDLE = 128.0
C1, C2 = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2
GAUSSIAN = [math.exp(-0.5 * (offset / 1.5) ** 2) for offset in range(-5, 6)]
TAPS = [weight / sum(GAUSSIAN) for weight in GAUSSIAN]
"""SSIM's window along one axis: 11 pixels, standard deviation 1.5."""


def rgb(frames: Tensor, border: int = 0) -> Tensor:
    """RGB ``(T, 3, H, W)`` in [0, 1] as float64 ``(T, 3, h, w)`` in 0..255, rounded to 8 bits, without the border."""
    height, width = frames.shape[-2:]
    # in single precision the PSNR of a frame that differs by one level in one pixel would be off by 1e-4 dB
    return frames[..., border : height - border, border : width - border].mul(255).round_().double()


def luma(frames: Tensor, border: int = 0) -> Tensor:
    """Y in 16..235, float64 ``(T, h, w)``, of RGB ``(T, 3, H, W)`` in [0, 1] rounded to 8 bits, without the border."""
    red, green, blue = rgb(frames, border).unbind(dim=1)
    return (red * LUMA[0]).add_(green, alpha=LUMA[1]).add_(blue, alpha=LUMA[2]).div_(255).add_(LUMA_OFFSET)


def mean_square(first: Tensor, second: Tensor) -> Tensor:
    """Mean squared difference of every frame, float64 ``(T,)``, of two ``(T, ...)``."""
    return (first - second).double().square_().flatten(1).mean(dim=1)


def psnr(first: Tensor, second: Tensor) -> Tensor:
    """PSNR in dB of every frame, float64 ``(T,)``, of ``(T, ...)`` in 0..255; infinite for identical frames."""
    return decibel(mean_square(first, second))


def decibel(error: Tensor) -> Tensor:
    """PSNR in dB of mean squared errors of values in 0..255."""
    return 10 * torch.log10(PEAK**2 / error)


def ssim(first: Tensor, second: Tensor) -> Tensor:
    """SSIM of every frame, float64 ``(T,)``, of ``(T, ..., H, W)`` in 0..255: 11x11 Gaussian window wherever it fits.

    Of several planes a frame, such as colours, it is the mean.
    """
    # variances do not depend on the level and lose fewer digits around 0, where single precision is enough
    first, second = (first - MIDDLE).float(), (second - MIDDLE).float()
    moments = torch.stack((first, second, first.square() + second.square(), first * second))
    mean_1, mean_2, squares, products = _window_mean(_window_mean(moments, -2), -1)
    covariance, variances = products - mean_1 * mean_2, squares - mean_1.square() - mean_2.square()
    level_1, level_2 = mean_1.add_(MIDDLE), mean_2.add_(MIDDLE)
    similar = (2 * level_1 * level_2 + C1) * (2 * covariance + C2)
    total = (level_1.square() + level_2.square() + C1) * (variances + C2)
    return torch.mean((similar / total).flatten(1), dim=1, dtype=torch.float64)


def _window_mean(values: Tensor, dim: int) -> Tensor:
    """Gaussian mean along one axis. Eleven shifted sums are faster than a convolution, and are not rounded to TF32."""
    length = values.shape[dim] - len(TAPS) + 1
    total = values.narrow(dim, 0, length) * TAPS[0]
    for start, tap in enumerate(TAPS[1:], 1):
        total.add_(values.narrow(dim, start, length), alpha=tap)
    return total
