"""Clips by group: clips of one group are not independent, so whole groups are what varies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.statistics.scores import Floats, Ints

LEVEL = 0.05
"""Of every test; the intervals leave out as much."""
PRIOR_CORRELATION, PRIOR_GROUPS = 0.15, 2.0
"""What is assumed of the correlation within groups before any is seen, and as how many groups that counts."""


@dataclass(frozen=True)
class Clusters:
    """Each clip's group as a number from 0, ``(n,)``, and the number of groups."""

    codes: Ints
    number: int

    @classmethod
    def of(cls, groups: Sequence[str]) -> Clusters:
        names, codes = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
        return cls(codes.astype(np.int64), len(names))

    @property
    def sizes(self) -> Floats:
        """Clips of every group."""
        return np.bincount(self.codes, minlength=self.number).astype(np.float64)

    def sums(self, values: Floats) -> Floats:
        """Sums of each group: ``(n, columns)`` to ``(groups, columns)``."""
        sums = np.zeros((self.number, values.shape[1]))
        np.add.at(sums, self.codes, values)
        return sums

    def variance(self, residuals: Floats) -> Floats:
        """Variance of the sum of residuals ``(groups, columns)`` whose own sum is 0; NaN with one group.

        Source: W. G. Cochran, Sampling Techniques, 1977, section 9A (ultimate clusters, with replacement).
        """
        if self.number < 2:
            return np.full(residuals.shape[1], np.nan)
        return np.asarray(self.number / (self.number - 1) * (residuals**2).sum(axis=0))

    def steadied(self, effect: Floats, informative: Floats, size: Floats) -> Floats:
        """Design effects ``(columns,)`` that do not rest on a handful of groups alone.

        `size` is the mean number of clips in a clip's group ``(columns,)`` or one for all, and `informative` the number
        of groups in which not all clips are as most are. Where those are few, a variance between groups says little and
        mostly too little: the correlation that it stands for is averaged with `PRIOR_CORRELATION`, which counts as
        `PRIOR_GROUPS` such groups.
        """
        others = np.maximum(size - 1, 1e-9)
        correlation = np.clip((effect - 1) / others, 0, 1)
        total = informative * correlation + PRIOR_GROUPS * PRIOR_CORRELATION
        return np.asarray(1 + others * total / (informative + PRIOR_GROUPS))

    @property
    def quantile(self) -> float:
        """The two-sided quantile of Student's t with one degree of freedom less than groups; NaN with one group."""
        from scipy.special import stdtrit

        return float(stdtrit(self.number - 1, 1 - LEVEL / 2)) if self.number > 1 else float("nan")


def design_effect(variance: Floats, independent: Floats) -> Floats:
    """How many clips do the work of one independent clip, at least 1 ``(columns,)``.

    `variance` is that between groups, `independent` that of as many independent clips.
    Source: L. Kish, Survey Sampling, 1965, section 8.2.
    """
    ratio = np.divide(variance, independent, out=np.ones_like(variance), where=independent > 0)
    return np.maximum(ratio, 1.0)
