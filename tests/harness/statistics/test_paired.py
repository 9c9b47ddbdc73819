from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import binomtest

from harness.statistics import (
    bootstrap_accuracy,
    detectable_difference,
    mcnemar_p,
    recovered,
    sign_flip_p,
    tied_with_best,
)


def random_pair(n: int, seed: int, gain: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.random(n) < 0.5 + gain, rng.random(n) < 0.5


@pytest.mark.parametrize("seed", range(8))
def test_sign_flip_agrees_with_trying_every_sign(seed: int) -> None:
    rng = np.random.default_rng(seed)
    group = np.sort(rng.integers(9, size=70))
    first, second = random_pair(70, seed, gain=0.15)
    differences = [int(first[group == g].sum()) - int(second[group == g].sum()) for g in range(9)]
    sums = [abs(sum(s * d for s, d in zip(signs, differences, strict=True))) for signs in product((-1, 1), repeat=9)]
    expected = np.mean(np.array(sums) >= abs(sum(differences)))
    assert sign_flip_p(first, second, [str(g) for g in group]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("gain", [0.0, 0.1, 0.3])
def test_with_one_clip_per_group_both_tests_are_the_binomial_test(gain: float) -> None:
    first, second = random_pair(200, 1, gain)
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    expected = binomtest(only_first, only_first + only_second, 0.5).pvalue
    assert mcnemar_p(first, second) == pytest.approx(expected, rel=1e-9)
    assert sign_flip_p(first, second, [str(i) for i in range(200)]) == pytest.approx(expected, rel=1e-9)


def test_p_values_do_not_depend_on_which_comes_first() -> None:
    first, second = random_pair(100, 2, gain=0.2)
    groups = [str(i // 4) for i in range(100)]
    assert sign_flip_p(first, second, groups) == sign_flip_p(second, first, groups)
    assert mcnemar_p(first, second) == mcnemar_p(second, first)
    assert sign_flip_p(first, first, groups) == mcnemar_p(first, first) == 1.0


def test_p_values_are_uniform_if_there_is_no_difference() -> None:
    groups = [str(i // 3) for i in range(300)]
    p = np.array([sign_flip_p(*random_pair(300, seed), groups) for seed in range(600)])
    for level in (0.05, 0.2, 0.5, 0.8):
        # the differences are whole numbers, so the share may be below the level but not above it
        assert 0.7 * level < np.mean(p <= level) < level + 3 * np.sqrt(level / 600)


def test_only_the_clustered_test_keeps_its_level_when_clips_of_a_group_agree() -> None:
    groups = [str(i // 10) for i in range(200)]
    clustered, naive = [], []
    for seed in range(300):
        first, second = (np.repeat(hit, 10) for hit in random_pair(20, seed))
        clustered.append(sign_flip_p(first, second, groups))
        naive.append(mcnemar_p(first, second))
    assert np.mean(np.array(clustered) <= 0.05) < 0.08
    assert np.mean(np.array(naive) <= 0.05) > 0.3


def test_p_value_of_thousands_of_groups_is_above_zero() -> None:
    first, second = random_pair(4000, 5, gain=0.05)
    assert 0 < sign_flip_p(first, second, [str(i) for i in range(4000)]) < 1e-4


def test_recovered_is_the_share_of_the_gap_or_none_without_a_gap() -> None:
    assert recovered(70, floor=60, ceiling=80) == 0.5
    assert recovered(50, floor=60, ceiling=80) == -0.5
    assert recovered(70, floor=80, ceiling=80) is None
    assert recovered(70, floor=80, ceiling=60) is None


def test_columns_whose_paired_difference_may_be_zero_are_tied() -> None:
    rng = np.random.default_rng(0)
    best = rng.random(400) < 0.8
    near = best.copy()
    near[np.flatnonzero(best)[:2]] = False
    far = best & (rng.random(400) < 0.8)
    hit = np.stack([far, best, near, best], axis=1)
    samples = bootstrap_accuracy(hit, [str(i) for i in range(400)])
    assert tied_with_best(samples, 100 * hit.mean(axis=0)).tolist() == [False, True, True, True]


def test_everything_is_tied_with_one_group() -> None:
    assert tied_with_best(np.full((10, 2), np.nan), np.array([10.0, 90.0])).all()


def test_detectable_difference_of_independent_clips_is_2_8_standard_errors() -> None:
    first, second = random_pair(900, 3)
    hit = np.stack([first, second], axis=1)
    samples = bootstrap_accuracy(hit, [str(i) for i in range(900)])
    change = first.astype(float) - second
    assert detectable_difference(samples[:, [0]] - samples[:, [1]]) == pytest.approx(
        2.8 * 100 * change.std() / np.sqrt(900), rel=0.03
    )
    assert detectable_difference(np.zeros((10, 1))) is None
    assert detectable_difference(np.full((10, 1), np.nan)) is None
    assert detectable_difference(np.zeros((10, 0))) is None
