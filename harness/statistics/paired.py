"""Comparing two columns of hits on the same clips."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.statistics.bootstrap import group_codes, interval
from harness.statistics.scores import Bools, Floats

POWER_FACTOR = 2.8
"""1.96 + 0.84: standard errors that a true difference must span to be found at 5 % in four out of five experiments."""


def sign_flip_p(first: Bools, second: Bools, groups: Sequence[str]) -> float:
    """Two-sided p-value of the paired sign-flip permutation test over groups, exact.

    Under the null hypothesis each group's difference in right clips is as likely to have either sign. The differences
    are whole numbers, so the distribution of their sum over all sign patterns is computed by convolution rather than
    sampled, and is exact for any number of groups. With one clip per group this is McNemar's exact test.
    """
    codes, num_groups = group_codes(groups)
    change = first.astype(np.int64) - second.astype(np.int64)
    differences = np.bincount(codes, weights=change, minlength=num_groups).astype(np.int64)
    steps = np.abs(differences[differences != 0])
    reach, seen = int(steps.sum()), abs(int(differences.sum()))
    if seen == 0:
        return 1.0
    probability = np.zeros(2 * reach + 1)
    probability[reach] = 1.0
    for step in steps:
        moved = np.zeros_like(probability)
        moved[step:] = probability[:-step]
        moved[:-step] += probability[step:]
        probability = 0.5 * moved
    return min(1.0, float(2.0 * probability[reach + seen :].sum()))


def mcnemar_p(first: Bools, second: Bools) -> float:
    """Two-sided p-value of McNemar's exact test, which assumes that all clips are independent.

    Source: Q. McNemar, Psychometrika 12, 1947; exact form by the binomial distribution.
    """
    from scipy.special import bdtr

    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    if only_first == only_second:
        return 1.0
    return min(1.0, 2.0 * float(bdtr(min(only_first, only_second), only_first + only_second, 0.5)))


def recovered(accuracy: float, floor: float, ceiling: float) -> float | None:
    """Share of the gap between floor and ceiling that is closed: 0 at the floor, 1 at the ceiling.

    None if the ceiling is not above the floor, because there is nothing to recover.
    """
    return (accuracy - floor) / (ceiling - floor) if ceiling > floor else None


def tied_with_best(samples: Floats, accuracies: Floats) -> Bools:
    """Which columns are the best or not distinguishable from it: the interval of their paired difference contains 0.

    `samples` ``(resamples, columns)`` of one bootstrap, `accuracies` ``(columns,)`` of the data itself.
    """
    best = int(np.argmax(accuracies))
    low, _ = interval(samples[:, [best]] - samples)
    # "not above 0" rather than "below 0": with a single group the interval is NaN and nothing can be told apart
    return np.asarray(~(low > 0.0))


def detectable_difference(differences: Floats) -> float | None:
    """Approximate difference in points that this many clips and groups can detect at 5 % with a power of 80 %.

    `differences` ``(resamples, columns)`` are bootstrapped paired differences, of whose standard errors the median is
    used. None if no column varies.
    """
    errors = differences.std(axis=0, ddof=1)
    errors = errors[np.isfinite(errors) & (errors > 0)]
    return POWER_FACTOR * float(np.median(errors)) if errors.size else None
