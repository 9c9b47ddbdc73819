from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import binomtest

from harness.statistics import LEVEL, Panel, familywise_p, mcnemar_p, sign_flip_p
from harness.statistics.clusters import Clusters
from harness.statistics.signflip import exact_p, highest_p


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


def test_a_side_may_be_the_mean_of_several_methods() -> None:
    rng = np.random.default_rng(4)
    first, second = rng.random((40, 3)) < 0.6, rng.random((40, 2)) < 0.4
    group = np.arange(40) // 4
    change = first.mean(axis=1) - second.mean(axis=1)
    differences = np.array([change[group == g].sum() for g in range(10)])
    sums = [abs(np.dot(signs, differences)) for signs in product((-1, 1), repeat=10)]
    expected = np.mean(np.array(sums) >= abs(differences.sum()) - 1e-9)
    assert sign_flip_p(first, second, [str(g) for g in group]) == pytest.approx(expected, abs=1e-12)


def equal_methods(k: int, seed: int) -> tuple[np.ndarray, list[str]]:
    """Hits of k methods with the same accuracy, which mostly fail on the same clips and groups."""
    rng = np.random.default_rng(seed)
    shared = np.repeat(rng.normal(size=(24, 1)), 6, axis=0) + rng.normal(size=(144, 1))
    hit = 0.6 * shared + rng.normal(size=(144, k)) < 0.8
    return hit, [str(i // 6) for i in range(144)]


@pytest.mark.parametrize("k", [10, 17])
def test_of_equal_methods_one_loses_its_mark_in_five_percent_of_runs(k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.statistics.signflip.FLIPS", 999)
    lost, alone = 0, 0
    for seed in range(200):
        hit, groups = equal_methods(k, seed)
        best = int(hit.sum(axis=0).argmax())
        lost += bool((Panel(hit, groups).familywise_p(range(k))[best] < LEVEL).any())
        alone += any(sign_flip_p(hit[:, best], hit[:, i], groups) < LEVEL for i in range(k))
    assert 0 < lost <= 200 * 0.05 + 2 * np.sqrt(200 * 0.05 * 0.95)
    assert alone > 200 * 0.4  # what the unadjusted test would do


def test_a_method_that_differs_is_still_found_and_costs_the_others_nothing() -> None:
    found, lost = 0, 0
    for seed in range(60):
        hit, groups = equal_methods(9, seed)
        worse = hit[:, :1] & (np.random.default_rng(1000 + seed).random((144, 1)) < 0.7)
        p = Panel(np.hstack([hit, worse]), groups).familywise_p(range(10))
        found += bool(p[int(hit.sum(axis=0).argmax()), 9] < LEVEL)
        lost += bool((p[:9, :9] < LEVEL).any())
    assert found > 54 and lost <= 8


def test_adjusted_p_values_are_those_of_the_largest_difference_under_all_patterns_of_signs() -> None:
    rng = np.random.default_rng(0)
    totals = rng.integers(7, size=(12, 4)).astype(float)
    signs = np.array(list(product((-1, 1), repeat=12)))
    pairs = [(i, j) for i in range(4) for j in range(i)]
    standard = np.stack([np.abs(signs @ (d := totals[:, i] - totals[:, j])) / np.sqrt(d @ d) for i, j in pairs], axis=1)
    largest = standard.max(axis=1)
    found = familywise_p(totals)
    for (i, j), seen in zip(pairs, standard[-1], strict=True):
        assert found[i, j] == found[j, i] == pytest.approx(np.mean(largest >= seen - 1e-9), abs=0.015)
    assert np.diag(found).tolist() == [1.0] * 4


def test_adjusted_p_values_do_not_depend_on_order_and_are_at_least_those_of_the_pair() -> None:
    hit, groups = equal_methods(6, 3)
    totals = Clusters.of(groups).sums(hit.astype(float))
    order = [4, 2, 0, 5, 1, 3]
    assert np.array_equal(familywise_p(totals)[np.ix_(order, order)], familywise_p(totals[:, order]))
    for i in range(6):
        assert (familywise_p(totals)[i] >= [sign_flip_p(hit[:, i], hit[:, j], groups) for j in range(6)]).all()


@pytest.mark.parametrize("seed", range(12))
def test_the_exact_p_value_counts_patterns_and_never_exceeds_its_bound(seed: int) -> None:
    rng = np.random.default_rng(seed)
    differences = rng.integers(-3, 5, size=rng.integers(1, 11))
    sums = [abs(int((differences * signs).sum())) for signs in product((-1, 1), repeat=len(differences))]
    expected = np.mean([total >= abs(int(differences.sum())) for total in sums])
    assert exact_p(differences) == pytest.approx(expected)
    assert exact_p(differences) <= highest_p(differences) + 1e-12
