from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from harness.statistics import bootstrap_accuracy, bootstrap_mean_class, interval

Z = 1.959964


def singletons(n: int) -> list[str]:
    return [f"g{i}" for i in range(n)]


def test_interval_of_independent_clips_is_close_to_wilson() -> None:
    n, share = 400, 0.7
    hit = (np.arange(n) < n * share)[:, None]
    low, high = interval(bootstrap_accuracy(hit, singletons(n)))
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    assert low[0] == pytest.approx(100 * (centre - half), abs=0.6)
    assert high[0] == pytest.approx(100 * (centre + half), abs=0.6)


def test_clips_of_one_group_that_agree_count_as_one() -> None:
    group_right = np.random.default_rng(0).random(80) < 0.6
    hit = np.repeat(group_right, 9)[:, None]
    clustered = bootstrap_accuracy(hit, [f"g{i // 9}" for i in range(720)])
    naive = bootstrap_accuracy(hit, singletons(720))
    assert clustered.std() / naive.std() == pytest.approx(3.0, rel=0.06)


def enumerate_resamples(groups: list[list[tuple[int, bool]]]) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy and mean class accuracy of every possible draw of groups, with plain loops."""
    plain, by_class = [], []
    for draw in product(range(len(groups)), repeat=len(groups)):
        clips = [clip for g in draw for clip in groups[g]]
        plain.append(100 * sum(right for _, right in clips) / len(clips))
        recalls = []
        for label in {label for label, _ in clips}:
            own = [right for other, right in clips if other == label]
            recalls.append(sum(own) / len(own))
        by_class.append(100 * sum(recalls) / len(recalls))
    return np.array(plain), np.array(by_class)


def test_both_bootstraps_have_the_distribution_of_all_possible_draws() -> None:
    # unequal groups; classes that are missing from many draws
    groups = [
        [(0, True)],
        [(0, False), (1, True), (1, False)],
        [(1, True), (1, True)],
        [(2, True), (2, False), (2, False), (0, True)],
    ]
    clips = [(label, right, f"g{i}") for i, group in enumerate(groups) for label, right in group]
    labels = np.array([c[0] for c in clips])
    hit = np.array([c[1] for c in clips])[:, None]
    names = [c[2] for c in clips]
    found = (
        bootstrap_accuracy(hit, names, resamples=40_000)[:, 0],
        bootstrap_mean_class(hit, labels, names, resamples=40_000)[:, 0],
    )
    for samples, expected in zip(found, enumerate_resamples(groups), strict=True):
        assert set(np.round(samples, 6)) <= set(np.round(expected, 6))
        for value in np.unique(np.round(expected, 6)):
            share = np.mean(np.isclose(expected, value))
            assert np.mean(np.isclose(samples, value)) == pytest.approx(share, abs=4 * np.sqrt(share / 40_000))


def test_every_column_sees_the_same_draws() -> None:
    hit = np.random.default_rng(0).random((90, 3)) < 0.5
    hit[:, 2] = hit[:, 0]
    groups = [f"g{i % 17}" for i in range(90)]
    labels = np.arange(90) % 4
    for samples, alone in (
        (bootstrap_accuracy(hit, groups), bootstrap_accuracy(hit[:, [1]], groups)),
        (bootstrap_mean_class(hit, labels, groups), bootstrap_mean_class(hit[:, [1]], labels, groups)),
    ):
        assert np.array_equal(samples[:, 0], samples[:, 2])
        assert np.array_equal(samples[:, [1]], alone)


def test_draws_depend_only_on_the_seed() -> None:
    hit = np.random.default_rng(0).random((90, 1)) < 0.5
    groups = [f"g{i % 17}" for i in range(90)]
    first = bootstrap_accuracy(hit, groups, resamples=50)
    order = np.random.default_rng(1).permutation(90)
    assert np.array_equal(first, bootstrap_accuracy(hit[order], [groups[i] for i in order], resamples=50))
    assert not np.array_equal(first, bootstrap_accuracy(hit, groups, resamples=50, seed=1))


def test_blocks_of_draws_cover_all_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.statistics.bootstrap.DRAWS_IN_MEMORY", 64)
    samples = bootstrap_accuracy(np.arange(20)[:, None] < 10, singletons(20), resamples=101)
    assert samples.shape == (101, 1)
    assert samples.mean() == pytest.approx(50, abs=5)


def test_one_group_says_nothing_about_spread() -> None:
    hit, groups = np.array([[True], [False]]), ["g", "g"]
    assert np.isnan(bootstrap_accuracy(hit, groups)).all()
    assert np.isnan(bootstrap_mean_class(hit, np.array([0, 1]), groups)).all()
    assert np.isnan(interval(bootstrap_accuracy(hit, groups))).all()


def test_interval_is_the_percentile_interval() -> None:
    low, high = interval(np.arange(1001.0)[:, None])
    assert (low[0], high[0]) == pytest.approx((25.0, 975.0))
