"""MATLAB-like image resizing on the device: two matrix products for all frames at once.

Source: MATLAB's ``imresize``, which the super-resolution literature uses: separable, antialiased when shrinking,
borders mirrored with the edge repeated. Cubic kernel: Keys, 1981, a = -0.5.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

from harness.transfer import to_device

Size = tuple[int, int]


def imresize(frames: Tensor, size: Size | float, kernel: str = "bicubic", antialias: bool = True) -> Tensor:
    """Resize float frames ``(..., H, W)`` to a size (H, W) or by a scale factor (sides rounded up).

    `kernel` is ``bicubic`` or ``lanczos3``; `antialias` widens it in proportion when shrinking. Values keep their
    range, except for overshoot at edges. Bicubic agrees with BasicSR's ``matlab_functions.imresize`` to 1e-5 for
    [0, 1].
    Raises `ValueError` for an unknown kernel or an empty result.
    """
    height, width = frames.shape[-2:]
    if isinstance(size, tuple):
        rows, columns = (height, size[0], size[0] / height), (width, size[1], size[1] / width)
    else:
        rows, columns = ((side, math.ceil(side * size), float(size)) for side in (height, width))
    if min(rows[1], columns[1]) < 1:
        raise ValueError(f"cannot resize {width}x{height} to {columns[1]}x{rows[1]}")
    matrices = (resize_matrix(*axis, kernel, antialias) for axis in (rows, columns))
    return apply_separable(frames, *matrices)


def apply_separable(frames: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """``rows @ frame @ columns.T`` for every frame of ``(..., H, W)``, in the frames' precision and on their device."""
    rows, columns = (to_device(matrix.to(frames.dtype), frames.device) for matrix in (rows, columns))
    return torch.matmul(torch.matmul(rows, frames), columns.T)


@lru_cache(maxsize=64)
def resize_matrix(length: int, new_length: int, scale: float, kernel: str, antialias: bool) -> Tensor:
    """Weights ``(new_length, length)``, float64, that resize one axis by `scale`; every row sums to 1."""
    if kernel not in KERNELS:
        raise ValueError(f"unknown kernel {kernel!r}; known: {', '.join(KERNELS)}")
    function, width = KERNELS[kernel]
    shrink = min(scale, 1.0) if antialias else 1.0
    # Counted from 1 in single precision, as in BasicSR: in double precision, scale 3 differs by up to 3e-5.
    centres = torch.arange(1, new_length + 1, dtype=torch.float32) / scale + 0.5 * (1 - 1 / scale)
    taps = torch.arange(math.ceil(width / shrink) + 2)
    positions = torch.floor(centres - width / shrink / 2)[:, None].long() + taps
    weights = function((centres[:, None] - positions).double() * shrink)
    return scatter_taps(weights / weights.sum(dim=1, keepdim=True), mirrored(positions - 1, length), length)


def scatter_taps(weights: Tensor, positions: Tensor, length: int) -> Tensor:
    """Taps ``(n, k)`` at input positions ``(n, k)`` to a matrix ``(n, length)``; taps at the same position add up."""
    return torch.zeros(len(weights), length, dtype=weights.dtype).scatter_add_(1, positions, weights)


def mirrored(positions: Tensor, length: int) -> Tensor:
    """Positions outside 0..length-1 mirrored into it with the edge repeated (c b a | a b c | c b a)."""
    folded = positions.remainder(2 * length)
    return torch.where(folded < length, folded, 2 * length - 1 - folded)


def _cubic(x: Tensor) -> Tensor:
    x = x.abs()
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return torch.where(x <= 1, near, torch.where(x <= 2, far, torch.zeros_like(x)))


def _lanczos3(x: Tensor) -> Tensor:
    return torch.where(x.abs() < 3, torch.sinc(x) * torch.sinc(x / 3), torch.zeros_like(x))


KERNELS: dict[str, tuple[Callable[[Tensor], Tensor], float]] = {"bicubic": (_cubic, 4.0), "lanczos3": (_lanczos3, 6.0)}
"""Kernel functions with their widths in source pixels."""
