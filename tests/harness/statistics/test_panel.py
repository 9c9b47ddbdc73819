from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import norm, permutation_test

from harness.statistics import Panel, accuracy, sign_flip_p
from harness.statistics.difference import paired_interval
from harness.statistics.signflip import flipped_sums, inverted_ends


def pair(seed: int, groups: int = 24, size: int = 6, gain: float = 0.0) -> tuple[np.ndarray, list[str]]:
    """Two columns that fail on the same clips mostly, the first of which may be better."""
    rng = np.random.default_rng(seed)
    shared = np.repeat(rng.normal(size=groups), size) + rng.normal(size=groups * size)
    hit = shared[:, None] + rng.normal(size=(groups * size, 2)) < np.array([1 + gain, 1])
    return hit, [str(i // size) for i in range(groups * size)]


@pytest.mark.parametrize(("gained", "lost", "clips"), [(0, 0, 144), (9, 2, 144), (50, 80, 300)])
def test_the_interval_is_that_of_the_clips_and_one_more_of_each_kind(gained: int, lost: int, clips: int) -> None:
    changes = np.repeat([1, -1, 0], [gained + 1, lost + 1, clips - gained - lost])
    half = norm.ppf(0.975) * changes.std() / np.sqrt(clips + 2)
    found = paired_interval(gained, lost, clips, norm.ppf(0.975))
    assert found == pytest.approx((changes.mean() - half, changes.mean() + half))


@pytest.mark.parametrize("gain", [0.0, 0.2, 0.5])
@pytest.mark.parametrize(("groups", "size"), [(2, 3), (6, 4), (8, 1), (24, 6)])
def test_interval_and_p_value_never_contradict_each_other(gain: float, groups: int, size: int) -> None:
    for seed in range(60):
        hit, names = pair(seed, groups, size, gain)
        found = Panel(hit, names).difference([0], [1])
        assert found.p == sign_flip_p(hit[:, 0], hit[:, 1], names)
        assert (found.p < 0.05) == (not found.low <= 0 <= found.high) == found.told_apart
        assert found.low <= found.value <= found.high and found.high > found.low
        assert found.value == pytest.approx(accuracy(hit[:, 0]) - accuracy(hit[:, 1]))


def test_where_the_test_rejects_and_the_score_does_not_the_end_is_that_of_the_inverted_test() -> None:
    # six groups that all gain: the least p-value of six groups, but a wide interval of t with five degrees of freedom
    hit = np.array([[True, i % 4 != 0] for i in range(24)])
    found = Panel(hit, [str(i // 4) for i in range(24)]).difference([0], [1])
    assert found.p == 2 / 2**6 and found.low > 0.5


def test_columns_that_never_differ_still_have_an_interval() -> None:
    hit, names = pair(0)
    found = Panel(hit[:, [0, 0]], names).difference([0], [1])
    assert (found.value, found.p) == (0.0, 1.0) and found.low == -found.high < -1


def test_the_p_value_is_that_of_the_permutation_test_of_scipy() -> None:
    hit, names = pair(5, groups=10, gain=0.4)
    change = (hit[:, 0].astype(int) - hit[:, 1]).reshape(10, 6).sum(axis=1)
    expected = permutation_test(
        (change, np.zeros(10)), lambda a, b, axis: (a - b).sum(axis=axis), permutation_type="samples", vectorized=True,
    )  # fmt: skip
    assert Panel(hit, names).difference([0], [1]).p == pytest.approx(expected.pvalue)


def test_inverted_ends_part_the_shifts_that_all_patterns_of_signs_reject() -> None:
    rng = np.random.default_rng(2)
    sizes = rng.integers(3, 9, size=11).astype(float)
    totals = np.rint(sizes * rng.normal(0.2, 0.3, size=11))
    flipped = flipped_sums(np.column_stack([totals, sizes]))
    low, high = inverted_ends(flipped[:, 0], flipped[:, 1], totals.sum(), sizes.sum())
    signs = np.array(list(product((-1, 1), repeat=11)))

    def p(shift: float) -> float:
        sums = np.abs(signs @ (totals - shift * sizes))
        return float(np.mean(sums >= abs((totals - shift * sizes).sum()) - 1e-9))

    assert p(low - 0.03) < 0.05 < p(low + 0.03) and p(high - 0.03) > 0.05 > p(high + 0.03)


def test_means_of_several_columns_are_compared_by_their_own_spread() -> None:
    rng = np.random.default_rng(6)
    hit, groups = rng.random((400, 8)) < 0.6, [str(i) for i in range(400)]
    single, several = Panel(hit, groups).difference([0], [4]), Panel(hit, groups).difference([0, 1, 2, 3], [4, 5, 6, 7])
    change = hit[:, :4].mean(axis=1) - hit[:, 4:].mean(axis=1)
    assert (several.high - several.low) / 2 == pytest.approx(100 * 1.966 * change.std() / 20, rel=0.02)
    assert several.error == pytest.approx(100 * change.std(ddof=1) / 20)
    assert several.high - several.low < 0.6 * (single.high - single.low)


def test_one_group_tells_nothing_apart() -> None:
    found = Panel(np.array([[True, False]] * 6), ["g"] * 6).difference([0], [1])
    assert found.p == 1.0 and np.isnan([found.low, found.high]).all()
