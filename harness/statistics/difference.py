"""A paired difference in accuracy with an interval and a p-value that agree.

The p-value is of the exact sign-flip test over groups. The interval is Bonett and Price's for paired proportions, with
the design effect and the quantile of Student's t that intervals of accuracies have, too. It contains 0 exactly where
the test does not reject 0: where the two disagree it is stretched to 0, or its end on the side of 0 is that of the
inverted test.
Sources: D. G. Bonett, R. M. Price, J. Educ. Behav. Stat. 37, 2012; J. A. Hartigan, J. Am. Stat. Assoc. 64, 1969 (the
inverted test).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.statistics.clusters import LEVEL


@dataclass(frozen=True)
class Difference:
    """A difference in points with the ends of its interval, NaN with one group, and its two-sided p-value.

    `error` is its standard error in points. The interval contains 0 exactly where `p` is not below 5 %.
    """

    value: float
    low: float
    high: float
    p: float
    error: float

    @property
    def told_apart(self) -> bool:
        """Whether it is told apart from 0."""
        return self.p < LEVEL


def paired_interval(gained: float, lost: float, clips: float, quantile: float) -> tuple[float, float]:
    """Ends of the interval of the difference of two paired shares, from -1 to 1.

    Of `clips` independent clips `gained` are right on the first side alone and `lost` on the second alone; all may be
    fractions. One more of each keeps the interval from being empty where sides never differ.
    """
    size = clips + 2
    up, down = (gained + 1) / size, (lost + 1) / size
    half = quantile * math.sqrt((up + down - (up - down) ** 2) / size)
    return max(up - down - half, -1.0), min(up - down + half, 1.0)
