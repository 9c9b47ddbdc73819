"""The 95 % interval of an accuracy: a Wilson score interval for clustered clips.

The design effect (variance between groups over that of as many independent clips, at least 1) makes the number of clips
an effective one, and Student's t with as many degrees of freedom as groups less one takes the place of the normal
quantile. So it is never empty, not at 100 % either, where a bootstrap over groups is. Near 100 % few groups have any
error, and the design effect is steadied (`Clusters.steadied`).
Sources: E. B. Wilson, J. Am. Stat. Assoc. 22, 1927; E. L. Korn, B. I. Graubard, Survey Methodology 24, 1998 (effective
size and t quantile); C. Franco et al., J. Surv. Stat. Methodol. 7, 2019 (this combination, compared with others).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.statistics.clusters import Clusters, design_effect
from harness.statistics.scores import Bools, Floats, Ints


def accuracy_interval(hit: Bools, groups: Sequence[str]) -> tuple[Floats, Floats]:
    """Lower and upper ends in percent of the accuracy of every column: hits ``(n, columns)`` to ``(columns,)`` each.

    NaN with a single group, because that says nothing about the spread between groups.
    """
    return _interval(hit, np.full(len(hit), 1 / len(hit)), groups)


def mean_class_interval(hit: Bools, labels: Ints, groups: Sequence[str]) -> tuple[Floats, Floats]:
    """The same for mean class accuracy, the accuracy in which every class weighs the same."""
    counts = np.bincount(labels)
    return _interval(hit, 1 / (np.count_nonzero(counts) * counts[labels]), groups)


def wilson(share: Floats, size: Floats, quantile: float) -> tuple[Floats, Floats]:
    """Wilson's interval of shares (0 to 1) of `size` independent clips."""
    spread = quantile**2 / size
    centre = (share + spread / 2) / (1 + spread)
    half = np.sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    return np.clip(centre - half, 0, share), np.clip(centre + half, share, 1)


def gamma_interval(order: Floats, every: Floats, groups: Sequence[str]) -> tuple[Floats, Floats]:
    """The same for Goodman and Kruskal's gamma, from -1 to 1, of `concordance`'s counts ``(n, columns)``.

    The share of pairs in order, (1 + gamma) / 2, is taken for an accuracy. NaN where there are no pairs.
    """
    clusters = Clusters.of(groups)
    pairs = every.sum(axis=0)
    known = np.where(pairs > 0, pairs, np.nan)
    share = (1 + order.sum(axis=0) / known) / 2
    ordered = (order + every) / 2
    totals = clusters.sums(ordered), clusters.sums(every - ordered)
    variance = clusters.variance(clusters.sums((ordered - share * every) / known))
    informative = np.minimum(*((total > 0).sum(axis=0) for total in totals))
    size = (clusters.sums(every) ** 2).sum(axis=0) / known
    effect = clusters.steadied(design_effect(variance, share * (1 - share) / known), informative, size)
    low, high = wilson(share, known / effect, clusters.quantile)
    return 2 * low - 1, 2 * high - 1


def _interval(hit: Bools, weights: Floats, groups: Sequence[str]) -> tuple[Floats, Floats]:
    clusters = Clusters.of(groups)
    share, squares = weights @ hit, float((weights**2).sum())
    variance = clusters.variance(clusters.sums(weights[:, None] * (hit - share)))
    right, clips = clusters.sums(hit.astype(np.float64)), clusters.sizes[:, None]
    informative = np.minimum((right > 0).sum(axis=0), (right < clips).sum(axis=0))
    size = (clusters.sums(weights[:, None]) ** 2).sum(axis=0) / squares
    effect = clusters.steadied(design_effect(variance, share * (1 - share) * squares), informative, size)
    low, high = wilson(share, 1 / (squares * effect), clusters.quantile)
    return 100 * low, 100 * high
