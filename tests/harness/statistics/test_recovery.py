from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from harness.statistics import Panel, recovery

GROUPS = [str(i // 6) for i in range(144)]


def columns(seed: int, *accuracies: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shared = np.repeat(rng.normal(size=24), 6) + rng.normal(size=144)
    return np.asarray(shared[:, None] + rng.normal(size=(144, len(accuracies))) < np.array(accuracies))


def test_at_its_ends_the_difference_of_gain_and_share_of_the_gap_is_the_quantile_of_t() -> None:
    hit = columns(0, 0.0, 0.5, 2.0)
    share = recovery(Panel(hit, GROUPS), 1, 0, 2)
    assert share is not None
    x, y = ((hit[:, i].astype(int) - hit[:, 0]).reshape(24, 6).sum(axis=1) for i in (1, 2))
    assert share.value == pytest.approx(x.sum() / y.sum())
    for end in (share.low, share.high):
        rest = x - end * y
        variance = 24 * rest.var(ddof=1) + 2 * (144 / 146) ** 2
        assert abs(rest.sum()) / np.sqrt(variance) == pytest.approx(t.ppf(0.975, 23))
    assert share.low < share.value < share.high


def test_floor_and_ceiling_are_zero_and_one_without_an_interval() -> None:
    panel = Panel(columns(0, 0.0, 0.5, 2.0), GROUPS)
    for column, value in ((0, 0.0), (2, 1.0)):
        share = recovery(panel, column, 0, 2)
        assert share is not None and share.value == value and np.isnan([share.low, share.high]).all()


def test_there_is_no_share_of_a_gap_that_is_not_told_apart_from_none_or_is_negative() -> None:
    assert recovery(Panel(columns(1, 1.0, 1.2, 1.05), GROUPS), 1, 0, 2) is None
    assert recovery(Panel(columns(1, 2.0, 1.2, 0.0), GROUPS), 1, 0, 2) is None


def test_a_method_that_never_differs_from_the_floor_still_has_an_interval() -> None:
    hit = columns(2, 0.0, 0.0, 2.0)
    hit[:, 1] = hit[:, 0]
    share = recovery(Panel(hit, GROUPS), 1, 0, 2)
    assert share is not None and share.value == 0.0 and share.low < -0.02 and share.high > 0.02
