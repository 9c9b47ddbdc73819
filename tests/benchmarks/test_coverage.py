"""A small version of the simulation of coverage: every interval must hold the truth about as often as promised."""

from __future__ import annotations

import numpy as np
import pytest
from harness_benchmarks.coverage import CORRELATIONS, INTERVALS, Case, coverage, draw, rank_correlations
from harness_benchmarks.coveragetable import render

RUNS = 300
ERROR = 3 * np.sqrt(0.95 * 0.05 / RUNS)


@pytest.mark.parametrize(
    "case", [Case(0.7, 24, 6, 0.05), Case(0.958, 24, 6, 0.15), Case(0.99, 24, 6, 0.15), Case(0.958, 12, 2, 0.15)]
)
def test_intervals_hold_the_truth_as_often_as_promised(case: Case) -> None:
    for name, share in coverage(case, RUNS).shares.items():
        assert share is None or share > 0.93 - ERROR, name


def test_intervals_of_ordinary_accuracies_are_not_wider_than_they_need_be() -> None:
    shares = coverage(Case(0.7, 50, 6, 0.15), RUNS).shares
    assert all(share is not None and share < 0.95 + ERROR for share in shares.values())


def test_simulated_clips_have_the_accuracy_and_the_correlation_asked_for() -> None:
    case = Case(0.8, 40, 10, CORRELATIONS[1])
    hit = draw(np.random.default_rng(0), case, np.array([0.8, 0.9]), 400)
    assert hit.mean(axis=(0, 2)) == pytest.approx([0.8, 0.9], abs=0.005)
    between = hit[:, 0].reshape(40, 10, 400).mean(axis=1).var()
    assert between == pytest.approx(0.16 / 10 * (1 + 9 * 0.15), rel=0.04)
    assert np.corrcoef(hit[:, 0].ravel(), hit[:, 1].ravel())[0, 1] > 0.3


def test_the_table_marks_what_misses_the_goal_and_is_the_same_again() -> None:
    found = [coverage(Case(accuracy, 10, 1, 0.05), 40) for accuracy in (0.7, 0.99)]
    assert found == [coverage(one.case, 40) for one in found]
    text = render(found, INTERVALS, rank_correlations(20, 0), 40, 0)
    assert "**100.0**" in text and text.count("| 10 | 1 |") == len(INTERVALS)
