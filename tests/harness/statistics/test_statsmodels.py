"""What the intervals and tests are made of agrees with statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from harness.statistics import sign_flip_p
from harness.statistics.clusters import Clusters
from harness.statistics.proportion import wilson
from harness.statistics.signflip import familywise_p


@pytest.mark.parametrize(("right", "clips"), [(0, 12), (9, 12), (141, 144), (500, 1000)])
def test_the_score_interval_is_wilsons(right: int, clips: int) -> None:
    expected = proportion_confint(right, clips, method="wilson")
    low, high = wilson(np.array([right / clips]), np.array([float(clips)]), 1.959963984540054)
    assert (low[0], high[0]) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("sizes", [[6] * 24, [1] * 40, [2, 9, 4, 30, 1, 7, 7, 12]])
def test_the_variance_between_groups_is_the_cluster_robust_one(sizes: list[int]) -> None:
    rng = np.random.default_rng(len(sizes))
    codes = np.repeat(np.arange(len(sizes)), sizes)
    hit = rng.random(len(codes)) < rng.beta(4, 2, size=len(sizes))[codes]
    clusters = Clusters.of([f"{code:03}" for code in codes])
    variance = clusters.variance(clusters.sums((hit - hit.mean())[:, None]))[0]
    fit = OLS(hit.astype(float), np.ones((len(hit), 1))).fit(cov_type="cluster", cov_kwds={"groups": codes})
    assert np.sqrt(variance) / len(hit) == pytest.approx(fit.bse[0], rel=1e-9)


@pytest.mark.parametrize(("gained", "lost"), [(0, 6), (5, 14), (20, 20)])
def test_with_a_clip_a_group_the_paired_test_is_mcnemars(gained: int, lost: int) -> None:
    first = np.repeat([True, False, True], [gained, lost, 100])
    second = np.repeat([False, True, True], [gained, lost, 100])
    table = [[100, gained], [lost, 0]]
    expected = mcnemar(table, exact=True).pvalue
    assert sign_flip_p(first, second, [str(i) for i in range(len(first))]) == pytest.approx(expected)


def test_adjusted_p_values_lie_between_those_of_one_test_and_of_bonferroni() -> None:
    rng = np.random.default_rng(0)
    totals = rng.integers(0, 7, size=(60, 6)).astype(float) + np.array([0.0, 0.2, 0.4, 0.7, 0.9, 1.4])
    pairs = [(i, j) for i in range(6) for j in range(i)]
    alone = np.array([familywise_p(totals[:, pair])[0, 1] for pair in pairs])
    together = np.array([familywise_p(totals)[pair] for pair in pairs])
    bonferroni = multipletests(alone, method="bonferroni")[1]
    error = 4 * np.sqrt(bonferroni * (1 - bonferroni) / 10_000) + 15 / 10_000
    assert (alone <= together + 1e-12).all() and (together <= bonferroni + error).all()
    assert (together < 0.9 * bonferroni)[bonferroni < 1].mean() > 0.5, "correlated pairs cost less"
