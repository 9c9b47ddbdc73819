from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kendalltau, spearmanr

from harness.statistics import concordance, holm, kendall_tau, shared_ranks, spearman


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


def test_what_is_not_told_apart_from_the_first_of_its_group_shares_its_rank() -> None:
    values = np.array([90.0, 70.0, 88.0, 69.0, 50.0, 80.0])
    apart = np.abs(values[:, None] - values[None]) > 9
    assert shared_ranks(values, apart) == [1, 4, 1, 4, 6, 3]
    assert shared_ranks(values, np.zeros((6, 6), dtype=bool)) == [1] * 6
    noisy = apart.copy()
    noisy[0, 4] = noisy[4, 0] = False  # low, but with so few clips in common that it may be the best
    assert shared_ranks(values, noisy) == [1, 5, 1, 5, 1, 4]


@pytest.mark.parametrize("levels", [3, 1000])
def test_spearman_agrees_with_scipy_with_and_without_ties(levels: int) -> None:
    rng = np.random.default_rng(levels)
    first = rng.integers(levels, size=30).astype(float)
    second = first + rng.integers(levels, size=30)
    rho, low, high = spearman(first, second)
    assert rho == pytest.approx(spearmanr(first, second).statistic, abs=1e-12)
    half = 1.959964 * np.sqrt((1 + rho**2 / 2) / 27)
    assert (low, high) == pytest.approx(tuple(np.tanh(np.arctanh(rho) + np.array([-half, half]))), abs=1e-6)


def test_spearman_of_few_or_of_equal_values_says_less() -> None:
    assert np.isnan(spearman(np.ones(6), np.arange(6.0))).all()
    rho, low, high = spearman(np.arange(4.0), np.arange(4.0) ** 2)
    assert rho == pytest.approx(1.0) and np.isnan([low, high]).all()
    rho, low, high = spearman(np.arange(6.0), np.arange(6.0))
    assert rho == pytest.approx(1.0) == high and low < rho


def test_concordance_counts_pairs_of_which_one_is_right_as_a_loop_does() -> None:
    rng = np.random.default_rng(3)
    values, hit = rng.integers(5, size=(40, 6)).astype(float), rng.random((40, 6)) < 0.5
    values[4, 2] = np.nan
    order, every = concordance(values, hit)
    for clip in range(40):
        signs = [np.sign(values[clip, i] - values[clip, j]) for i in range(6) for j in range(6)
                 if hit[clip, i] and not hit[clip, j] and not np.isnan(values[clip, [i, j]]).any()]  # fmt: skip
        assert (order[clip], every[clip]) == (sum(signs), np.abs(signs).sum())
