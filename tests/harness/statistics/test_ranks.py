from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kendalltau

from harness.statistics import bootstrap_accuracy, bootstrap_mean, holm, kendall_tau


@pytest.mark.parametrize("levels", [3, 1000])
def test_kendall_tau_agrees_with_scipy_with_and_without_ties(levels: int) -> None:
    rng = np.random.default_rng(levels)
    first, second = rng.integers(levels, size=(2, 40, 9)).astype(float)
    expected = [kendalltau(a, b).statistic for a, b in zip(first, second, strict=True)]
    assert kendall_tau(first, second) == pytest.approx(expected, abs=1e-12, nan_ok=True)
    assert np.isfinite(expected).all()


def test_kendall_tau_of_all_ties_is_undefined() -> None:
    assert np.isnan(kendall_tau(np.ones(4), np.arange(4.0)))


def test_holm_agrees_with_the_step_by_step_procedure() -> None:
    rng = np.random.default_rng(0)
    p = np.array([*rng.random(20) ** 4, 0.01, 0.01])
    adjusted = holm(p)
    for level in (0.01, 0.05, 0.3):
        found, order = set(), np.argsort(p)
        for step, i in enumerate(order):  # stop at the first that is too large
            if p[i] > level / (len(p) - step):
                break
            found.add(int(i))
        assert set(np.flatnonzero(adjusted <= level).tolist()) == found
    assert holm(np.array([])).shape == (0,)
    assert adjusted.max() <= 1.0


def test_bootstrapped_means_are_those_of_the_drawn_groups_without_missing_values() -> None:
    rng = np.random.default_rng(2)
    values, groups = rng.normal(30, 2, size=(30, 2)), [f"g{i // 5}" for i in range(30)]
    values[[0, 7, 8]] = np.nan
    found = bootstrap_mean(values, groups, resamples=50, seed=4)
    draws = np.random.default_rng(4).integers(6, size=(50, 6), dtype=np.int32)
    for line, drawn in zip(found, draws, strict=True):
        chosen = np.concatenate([values[5 * g : 5 * g + 5] for g in drawn])
        assert line == pytest.approx(np.nanmean(chosen, axis=0))
    hit = rng.random((30, 2)) < 0.5
    again = bootstrap_mean(100.0 * hit, groups, resamples=50, seed=4)
    assert again == pytest.approx(bootstrap_accuracy(hit, groups, resamples=50, seed=4))
    assert np.isnan(bootstrap_mean(values, ["one"] * 30)).all()
