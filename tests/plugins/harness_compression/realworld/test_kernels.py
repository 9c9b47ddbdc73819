"""Kernels against BasicSR's of the same name, and against what their parameters mean."""

from __future__ import annotations

import numpy as np
import pytest

from harness_basicsr import compat  # noqa: F401  (before basicsr)
from harness_compression.realworld.kernels import Kernel, covariance, gaussian, plateau, sinc

from basicsr.data import degradations as reference  # isort: skip

CASES = [(7, 0.2, 3.0, 0.4, 0.5), (13, 1.3, 2.1, -1.2, 4.0), (21, 3.0, 0.7, 3.1, 1.6)]


def moments(kernel: Kernel) -> Kernel:
    """Second moments of a kernel about its centre, ``[[xx, xy], [xy, yy]]``."""
    offsets = np.arange(len(kernel)) - len(kernel) // 2
    x, y = np.meshgrid(offsets, offsets)
    return np.array([[(kernel * a * b).sum() for b in (x, y)] for a in (x, y)])


@pytest.mark.parametrize(("size", "x", "y", "angle", "beta"), CASES)
def test_kernels_are_those_of_an_independent_implementation(
    size: int, x: float, y: float, angle: float, beta: float
) -> None:
    spread, shape = covariance(x, y, angle), {"isotropic": False}
    expected = [
        (gaussian(size, spread), reference.bivariate_Gaussian(size, x, y, angle, **shape)),
        (gaussian(size, spread, beta), reference.bivariate_generalized_Gaussian(size, x, y, angle, beta, **shape)),
        (plateau(size, spread, beta), reference.bivariate_plateau(size, x, y, angle, beta, **shape)),
        (gaussian(size, covariance(x, x, 0)), reference.bivariate_Gaussian(size, x, None, None)),
        (sinc(size, beta / 4 * np.pi), reference.circular_lowpass_kernel(beta / 4 * np.pi, size)),
    ]
    for found, wanted in expected:
        np.testing.assert_allclose(found, wanted, rtol=2e-4, atol=1e-9)
        assert found.sum() == pytest.approx(1)


def test_a_gaussian_has_the_standard_deviations_and_the_direction_that_are_asked_for() -> None:
    found = moments(gaussian(41, covariance(3.0, 1.5, np.pi / 6)))
    np.testing.assert_allclose(found, covariance(3.0, 1.5, np.pi / 6), rtol=1e-3)
    lengths, axes = np.linalg.eigh(found)
    assert np.sqrt(lengths) == pytest.approx([1.5, 3.0], rel=1e-3)
    assert np.arctan(axes[1, 1] / axes[0, 1]) == pytest.approx(np.pi / 6, abs=1e-3)


def test_a_sinc_passes_low_frequencies_and_stops_high_ones() -> None:
    response = np.abs(np.fft.fft2(sinc(101, np.pi / 2), (256, 256)))
    along = response[0]  # frequency k is 2 pi k / 256, so the cut is at 64
    np.testing.assert_allclose(along[:56], 1, atol=0.05)
    np.testing.assert_allclose(along[72:128], 0, atol=0.05)
