"""McNemar's test, the share that is recovered, and what difference can be found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.statistics.scores import Bools

POWER_FACTOR = 2.8
"""1.96 + 0.84: standard errors that a true difference must span to be found at 5 % in four out of five experiments."""


def mcnemar_p(first: Bools, second: Bools) -> float:
    """Two-sided p-value of McNemar's exact test, which assumes that all clips are independent.

    Source: Q. McNemar, Psychometrika 12, 1947; exact form by the binomial distribution.
    """
    from scipy.special import bdtr

    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    if only_first == only_second:
        return 1.0
    return min(1.0, 2.0 * float(bdtr(min(only_first, only_second), only_first + only_second, 0.5)))


def detectable_difference(errors: Sequence[float]) -> float | None:
    """Approximate difference in points that this many clips and groups can detect at 5 % with a power of 80 %.

    `errors` are standard errors of paired differences in points, of which the median is used. None if none is above 0.
    """
    known = [error for error in errors if np.isfinite(error) and error > 0]
    return POWER_FACTOR * float(np.median(known)) if known else None
