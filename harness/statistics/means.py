"""The 95 % interval of the mean of any number over clustered clips."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.statistics.clusters import Clusters
from harness.statistics.scores import Floats


def mean_interval(values: Floats, groups: Sequence[str]) -> tuple[Floats, Floats]:
    """Lower and upper ends of the mean of every column: ``(n, columns)`` to ``(columns,)`` each, in the same unit.

    NaN values are left out. NaN with a single group. Student's t over groups, with the variance of a ratio of totals.
    Source: W. G. Cochran, Sampling Techniques, 1977, sections 6.3 and 9A.
    """
    clusters = Clusters.of(groups)
    known = ~np.isnan(values)
    clips = np.where(known.any(axis=0), known.sum(axis=0), np.nan)
    mean = np.where(known, values, 0.0).sum(axis=0) / clips
    error = np.sqrt(clusters.variance(clusters.sums(np.where(known, values - mean, 0.0)))) / clips
    return mean - clusters.quantile * error, mean + clusters.quantile * error
