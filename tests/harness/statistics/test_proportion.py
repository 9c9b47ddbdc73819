from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import binomtest, norm, t

from harness.statistics import accuracy, accuracy_interval, gamma_interval, mean_class_accuracy, mean_class_interval
from harness.statistics.proportion import wilson


@pytest.mark.parametrize(("right", "clips"), [(0, 10), (7, 10), (143, 144), (144, 144), (500, 1000)])
def test_without_groups_it_is_the_wilson_interval_of_scipy(right: int, clips: int) -> None:
    expected = binomtest(right, clips).proportion_ci(method="wilson")
    low, high = wilson(np.array([right / clips]), np.array([float(clips)]), norm.ppf(0.975))
    assert (low[0], high[0]) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_with_one_clip_a_group_its_ends_are_where_the_score_is_the_quantile_of_t() -> None:
    hit = np.arange(40) < 34
    low, high = accuracy_interval(hit[:, None], [str(i) for i in range(40)])

    def score(p: float) -> float:
        return abs(0.85 - p) / np.sqrt(p * (1 - p) / 40) - t.ppf(0.975, 39)

    expected = 100 * brentq(score, 0.01, 0.8499), 100 * brentq(score, 0.8501, 0.9999)
    assert (low[0], high[0]) == pytest.approx(expected, abs=1e-6)


def test_groups_of_clips_that_agree_count_as_one_clip_each() -> None:
    right = np.random.default_rng(0).random(300) < 0.6
    low, high = accuracy_interval(np.repeat(right, 9)[:, None], [str(i // 9) for i in range(2700)])
    expected = wilson(np.array([right.mean()]), np.array([299.0]), t.ppf(0.975, 299))
    # the correlation is taken for a little less than 1
    assert (low[0], high[0]) == pytest.approx((100 * expected[0][0], 100 * expected[1][0]), abs=0.1)


def test_the_design_effect_is_that_of_the_analysis_of_variance() -> None:
    rng = np.random.default_rng(2)
    shares = rng.beta(4, 2, size=400)
    hit = rng.random((400, 10)) < shares[:, None]
    low, high = accuracy_interval(hit.reshape(-1, 1), [str(i // 10) for i in range(4000)])
    error = 100 * hit.mean(axis=1).std(ddof=1) / np.sqrt(400)
    assert (high[0] - low[0]) / 2 == pytest.approx(t.ppf(0.975, 399) * error, rel=0.02)


@pytest.mark.parametrize("right", [0, 1, 143, 144])
def test_it_is_never_empty_and_holds_the_accuracy(right: int) -> None:
    hit = (np.arange(144) < right)[:, None]
    low, high = accuracy_interval(hit, [str(i // 6) for i in range(144)])
    assert 0 <= low[0] <= accuracy(hit) <= high[0] <= 100 and high[0] - low[0] > 2


def test_mean_class_accuracy_of_equal_classes_has_the_interval_of_accuracy() -> None:
    hit = (np.random.default_rng(1).random(144) < 0.8)[:, None]
    groups, labels = [str(i // 6) for i in range(144)], np.arange(144) % 12
    assert np.allclose(mean_class_interval(hit, labels, groups), accuracy_interval(hit, groups))


def test_a_rare_class_that_weighs_as_much_widens_the_interval_as_its_few_clips_say() -> None:
    rng = np.random.default_rng(3)
    labels = np.repeat([0, 4], [950, 50])
    hit = rng.random(1000) < 0.6
    low, high = mean_class_interval(hit[:, None], labels, [str(i) for i in range(1000)])
    assert low[0] < mean_class_accuracy(hit, labels) < high[0]
    stratified = np.sqrt(sum(0.25 * 0.24 / n for n in (950, 50)))
    assert (high[0] - low[0]) / 2 == pytest.approx(100 * 1.96 * stratified, rel=0.1)


def test_one_group_says_nothing_about_spread() -> None:
    hit = np.array([[True], [False]])
    assert np.isnan(accuracy_interval(hit, ["g", "g"])).all()
    assert np.isnan(mean_class_interval(hit, np.array([0, 1]), ["g", "g"])).all()


def test_gamma_has_the_interval_of_its_share_of_pairs_in_order() -> None:
    hit = (np.random.default_rng(4).random(144) < 0.7)[:, None]
    groups = [str(i // 6) for i in range(144)]
    low, high = accuracy_interval(hit, groups)
    found = gamma_interval(2.0 * hit - 1, np.ones((144, 1)), groups)
    assert (found[0][0], found[1][0]) == pytest.approx((low[0] / 50 - 1, high[0] / 50 - 1))
    assert np.isnan(gamma_interval(np.zeros((144, 1)), np.zeros((144, 1)), groups)).all()
