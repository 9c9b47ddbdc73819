"""Exponents are those of the power laws that times follow."""

from __future__ import annotations

import pytest
from harness_benchmarks.growth import exponent


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0, 2.0])
def test_a_power_law_is_found(power: float) -> None:
    factors = (1, 2, 4, 8)
    assert exponent(factors, [0.3 * factor**power for factor in factors]) == pytest.approx(power, abs=1e-9)
