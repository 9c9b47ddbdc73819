"""Degradations from high-resolution to low-resolution frames. Each implements `harness.contracts.Degradation`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from harness.errors import HarnessError
from harness.video.blur import published_sigma
from harness.video.imresize import apply_separable, imresize, scatter_taps


@dataclass(frozen=True)
class Bicubic:
    """MATLAB's antialiased bicubic, the usual degradation in the super-resolution literature."""

    scale: int = 4

    def degrade(self, hr: Tensor) -> Tensor:
        """``(T, 3, H, W)`` to ``(T, 3, H / scale, W / scale)``, both in [0, 1] (overshoot is clamped)."""
        size = low_size(hr, self.scale)
        return imresize(hr, size).clamp_(0, 1)


@dataclass(frozen=True)
class Gaussian:
    """Blur, then keep every `scale`-th pixel, starting with the first; borders are reflected.

    The defaults are those of VSR-DUF (Jo et al., CVPR 2018): a window of 13x13, whose standard deviation goes with the
    scale (`harness.video.blur.published_sigma`).
    """

    scale: int = 4
    sigma: float | None = None
    """Standard deviation in HR pixels; None for that of VSR-DUF at this scale."""
    size: int = 13

    def __post_init__(self) -> None:
        if self.deviation <= 0 or self.size < 1 or self.size % 2 == 0:
            raise HarnessError(
                f"gaussian: sigma={self.deviation}, size={self.size}: sigma must be positive and size odd"
            )

    @property
    def deviation(self) -> float:
        """The standard deviation in force."""
        return published_sigma(self.scale) if self.sigma is None else self.sigma

    def degrade(self, hr: Tensor) -> Tensor:
        """``(T, 3, H, W)`` to ``(T, 3, H / scale, W / scale)``, both in [0, 1]."""
        low_size(hr, self.scale)
        rows, columns = (gaussian_matrix(n, self.scale, self.deviation, self.size) for n in hr.shape[-2:])
        return apply_separable(hr, rows, columns).clamp_(0, 1)


@dataclass(frozen=True)
class Nearest:
    """Keep the pixel nearest to the centre of each low-resolution pixel (the later of two equally near ones)."""

    scale: int = 4

    def degrade(self, hr: Tensor) -> Tensor:
        """``(T, 3, H, W)`` to ``(T, 3, H / scale, W / scale)``, both in [0, 1]."""
        low_size(hr, self.scale)
        first = self.scale // 2
        return hr[..., first :: self.scale, first :: self.scale]


def low_size(hr: Tensor, scale: int) -> tuple[int, int]:
    """Size of the low-resolution frames. Raises `HarnessError` if the sides are not multiples of `scale`."""
    height, width = hr.shape[-2:]
    if scale < 1 or height % scale or width % scale or not height or not width:
        raise HarnessError(f"frames of {width}x{height} cannot be reduced by {scale}: crop them to a multiple first")
    return height // scale, width // scale


@lru_cache(maxsize=64)
def gaussian_matrix(length: int, stride: int, sigma: float, size: int) -> Tensor:
    """Weights ``(length / stride, length)``, float64: Gaussian taps, reflected without repeating the edge."""
    offsets = torch.arange(size) - size // 2
    taps = torch.exp(-0.5 * (offsets.double() / sigma) ** 2)
    positions = torch.arange(0, length, stride)[:, None] + offsets
    weights = (taps / taps.sum()).expand(len(positions), size)
    return scatter_taps(weights, _reflected(positions, length), length)


def _reflected(positions: Tensor, length: int) -> Tensor:
    if length == 1:
        return torch.zeros_like(positions)
    folded = positions.remainder(2 * (length - 1))
    return torch.minimum(folded, 2 * (length - 1) - folded)
