from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from harness.statistics import detectable_difference, mcnemar_p


@pytest.mark.parametrize("gain", [0.0, 0.1, 0.3])
def test_mcnemar_is_the_binomial_test_on_discordant_clips(gain: float) -> None:
    rng = np.random.default_rng(1)
    first, second = rng.random(200) < 0.5 + gain, rng.random(200) < 0.5
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    expected = binomtest(only_first, only_first + only_second, 0.5).pvalue
    assert mcnemar_p(first, second) == mcnemar_p(second, first) == pytest.approx(expected, rel=1e-9)


def test_detectable_difference_is_2_8_standard_errors() -> None:
    assert detectable_difference([1.0, 3.0, 0.0, 2.0, float("nan")]) == pytest.approx(5.6)
    assert detectable_difference([0.0, float("nan")]) is None
    assert detectable_difference([]) is None
