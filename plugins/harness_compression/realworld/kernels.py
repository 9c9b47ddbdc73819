"""Blur kernels: Gaussians, their sharper and flatter relatives, and the ideal low-pass filter.

All are float64 ``(size, size)`` with an odd size and sum to 1; rows go down, columns to the right. Source: Wang et al.,
Real-ESRGAN, ICCV Workshops 2021, sections 3.2 and 3.3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import j1

Kernel = NDArray[np.float64]


def covariance(sigma_x: float, sigma_y: float, angle: float) -> Kernel:
    """Of a Gaussian whose axes have these standard deviations in pixels, turned by `angle` (radian, x towards y)."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(turn @ np.diag([sigma_x**2, sigma_y**2]) @ turn.T)


def gaussian(size: int, spread: Kernel, beta: float = 1.0) -> Kernel:
    """exp(-q^beta / 2) of the squared Mahalanobis distance q under the covariance `spread`.

    `beta` 1 is the Gaussian; below it tails are heavier, above it the top is flatter.
    """
    return _normalised(np.exp(-0.5 * _distance(size, spread) ** beta))


def plateau(size: int, spread: Kernel, beta: float) -> Kernel:
    """1 / (1 + q^beta), with q as in `gaussian`."""
    return _normalised(1 / (1 + _distance(size, spread) ** beta))


def sinc(size: int, cutoff: float) -> Kernel:
    """The circular low-pass filter w J1(w r) / (2 pi r) at distance r from the centre, `cutoff` w in radian a pixel."""
    x, y = _grid(size)
    distance = np.hypot(x, y)
    distance[size // 2, size // 2] = 1  # replaced below by the limit
    kernel = cutoff * j1(cutoff * distance) / (2 * np.pi * distance)
    kernel[size // 2, size // 2] = cutoff**2 / (4 * np.pi)
    return _normalised(kernel)


def _grid(size: int) -> tuple[Kernel, Kernel]:
    offsets = np.arange(size, dtype=float) - size // 2
    x, y = np.meshgrid(offsets, offsets)
    return x, y


def _distance(size: int, spread: Kernel) -> Kernel:
    places = np.stack(_grid(size), axis=-1)
    return np.asarray(np.einsum("hwi,ij,hwj->hw", places, np.linalg.inv(spread), places))


def _normalised(kernel: Kernel) -> Kernel:
    return np.asarray(kernel / kernel.sum())
