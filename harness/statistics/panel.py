"""Columns of hits on the same clips, compared with each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from harness.statistics.clusters import LEVEL, Clusters
from harness.statistics.difference import Difference, paired_interval
from harness.statistics.scores import Bools, Floats
from harness.statistics.signflip import exact_p, familywise_p, flipped_sums, inverted_ends

SMALLEST = 5e-8
"""The share nearest to 0 that an interval without 0 ends at: still seen when points are rounded to six decimals."""


class Panel:
    """Hits ``(n, columns)`` of the same n clips, of which `groups` says which belong together."""

    def __init__(self, hit: Bools, groups: Sequence[str]) -> None:
        self.hit = hit
        self.clusters = Clusters.of(groups)
        self.totals = self.clusters.sums(hit.astype(np.float64))

    def difference(self, first: Sequence[int], second: Sequence[int]) -> Difference:
        """Mean accuracy of the columns `first` less that of `second`, each at least one."""
        a, b = self.hit[:, first].mean(axis=1), self.hit[:, second].mean(axis=1)
        change, clips = a - b, len(a)
        value = float(change.mean())
        gained, lost = float((a * (1 - b)).sum()), float((b * (1 - a)).sum())
        between = float(self.clusters.variance(self.clusters.sums((change - value)[:, None]))[0])
        # of clips taken for independent: of the means of columns, and of two single columns that differ as much
        means, single = float(((change - value) ** 2).sum()), gained + lost - clips * value**2
        effect = max(between, means) / single if single > 1e-9 else 1.0
        low, high = paired_interval(gained / effect, lost / effect, clips / effect, self.clusters.quantile)
        p = self.p(first, second)
        low, high = self._agreeing(low, high, p, first, second)
        return Difference(100 * value, 100 * low, 100 * high, p, 100 * math.sqrt(between) / clips)

    def familywise_p(self, columns: Sequence[int]) -> Floats:
        """Adjusted p-values of all pairs of some columns, ``(columns, columns)``."""
        return familywise_p(self.totals[:, columns])

    def p_values(self, pairs: Sequence[tuple[int, int]]) -> Floats:
        """The exact p-values of pairs of single columns, ``(pairs,)``."""
        if not pairs:
            return np.empty(0)
        first, second = zip(*pairs, strict=True)
        differences = np.rint(self.totals[:, first] - self.totals[:, second]).astype(np.int64)
        return np.array([exact_p(column) for column in np.ascontiguousarray(differences.T)])

    def p(self, first: Sequence[int], second: Sequence[int]) -> float:
        """The exact p-value of `difference`, without the rest of it."""
        differences = self.totals[:, first].sum(axis=1) * len(second) - self.totals[:, second].sum(axis=1) * len(first)
        return exact_p(np.rint(differences).astype(np.int64))

    def _agreeing(
        self, low: float, high: float, p: float, first: Sequence[int], second: Sequence[int]
    ) -> tuple[float, float]:
        """Ends between which 0 lies exactly where the test does not reject it."""
        if p >= LEVEL or self.clusters.number < 2:
            return min(low, 0.0), max(high, 0.0)
        if not low <= 0 <= high:
            return low, high
        flipped = self._flipped[:, first].mean(axis=1) - self._flipped[:, second].mean(axis=1)
        total = float(self.totals[:, first].mean(axis=1).sum() - self.totals[:, second].mean(axis=1).sum())
        inner, outer = inverted_ends(flipped, self._flipped[:, -1], total, float(len(self.hit)))
        # from random patterns, hence perhaps a little off the exact test
        return (max(inner, SMALLEST), high) if total > 0 else (low, min(outer, -SMALLEST))

    @cached_property
    def _flipped(self) -> Floats:
        return flipped_sums(np.column_stack([self.totals, self.clusters.sizes]))
