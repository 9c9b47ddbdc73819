from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from harness.statistics import mean_interval


def test_with_equal_groups_it_is_the_t_interval_of_their_means() -> None:
    rng = np.random.default_rng(0)
    values = np.repeat(rng.normal(30, 2, size=(12, 1)), 5, axis=0) + rng.normal(size=(60, 1))
    low, high = mean_interval(values, [str(i // 5) for i in range(60)])
    expected = ttest_1samp(values.reshape(12, 5).mean(axis=1), 0).confidence_interval()
    assert (low[0], high[0]) == pytest.approx((expected.low, expected.high))


def test_missing_values_are_left_out_and_one_group_has_no_interval() -> None:
    values = np.array([[1.0], [3.0], [np.nan], [5.0]])
    assert np.allclose(mean_interval(values, list("aabb")), mean_interval(values[[0, 1, 3]], list("aab")))
    assert np.isnan(mean_interval(values, ["a"] * 4)).all()


def test_a_column_without_values_is_undefined() -> None:
    assert np.isnan(mean_interval(np.full((4, 1), np.nan), list("abcd"))).all()
