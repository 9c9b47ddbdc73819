"""Agreement of rankings, ranks that ties share, and p-values adjusted for many comparisons."""

from __future__ import annotations

import math

import numpy as np

from harness.statistics.clusters import LEVEL
from harness.statistics.scores import Bools, Floats

FEWEST_RANKED = 5


def kendall_tau(first: Floats, second: Floats) -> Floats:
    """Kendall's tau-b of every row: two ``(..., k)`` to ``(...)``, from -1 to 1; NaN where one side is all ties.

    Source: M. G. Kendall, The treatment of ties in ranking problems, Biometrika 33, 1945.
    """
    i, j = np.triu_indices(first.shape[-1], k=1)
    signs = [np.sign(values[..., i] - values[..., j]) for values in (first, second)]
    untied = [np.count_nonzero(sign, axis=-1).astype(np.float64) for sign in signs]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((signs[0] * signs[1]).sum(axis=-1) / np.sqrt(untied[0] * untied[1]))


def spearman(first: Floats, second: Floats) -> tuple[float, float, float]:
    """Spearman's rank correlation of ``(k,)`` and ``(k,)`` with the ends of its 95 % interval; NaN where unknown.

    What is drawn at random are the k things that are ranked. The ends are NaN with fewer than five.
    Source: D. G. Bonett, T. A. Wright, Psychometrika 65, 2000 (equation 3).
    """
    from scipy.special import ndtri

    ranks = [midranks(values) for values in (first, second)]
    if len(first) < 2 or any(np.ptp(own) == 0 for own in ranks):
        return math.nan, math.nan, math.nan
    rho = float(np.asarray(np.corrcoef(np.stack(ranks)))[0, 1])
    if len(first) < FEWEST_RANKED:
        return rho, math.nan, math.nan
    half = float(ndtri(1 - LEVEL / 2)) * math.sqrt((1 + rho**2 / 2) / (len(first) - 3))
    # the same order is one exchange of neighbours away from another, so half of that away from certainty
    nearly_one = 1 - 6 / (len(first) ** 3 - len(first))
    centre = math.atanh(min(max(rho, -nearly_one), nearly_one))
    return rho, min(math.tanh(centre - half), rho), max(math.tanh(centre + half), rho)


def midranks(values: Floats) -> Floats:
    """Ranks from 1, lowest first, of which equal values share the mean."""
    return np.asarray((values[:, None] > values).sum(axis=1) + ((values[:, None] == values).sum(axis=1) + 1) / 2)


def concordance(values: Floats, hit: Bools) -> tuple[Floats, Floats]:
    """Of pairs of columns of which one is right and one wrong: those in order less those in reverse, and all of both.

    `values` and `hit` ``(n, k)`` to ``(n,)`` each: counts a clip. A pair is in order where the right one has the larger
    value; NaN and equal values do not count. The ratio of the totals is Goodman and Kruskal's gamma within clips.
    Source: L. A. Goodman, W. H. Kruskal, J. Am. Stat. Assoc. 49, 1954.
    """
    right, wrong = hit[:, :, None], ~hit[:, None, :]
    sign = np.nan_to_num(np.sign(values[:, :, None] - values[:, None, :]))
    order = np.where(right & wrong, sign, 0.0)
    return order.sum(axis=(1, 2)), np.abs(order).sum(axis=(1, 2))


def holm(p_values: Floats) -> Floats:
    """Adjusted p-values ``(m,)``: those below a level are significant at that level over all m comparisons together.

    Source: S. Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6, 1979.
    """
    order = np.argsort(p_values, kind="stable")
    steps = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(steps)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return adjusted


def shared_ranks(values: Floats, told_apart: Bools) -> list[int]:
    """Ranks from 1 of values ``(k,)``, highest first, in groups of which all share a rank.

    A group is the highest of those that have no rank yet and all that are not `told_apart` ``(k, k)`` from it; the next
    one's rank counts everybody above.
    """
    ranks = [0] * len(values)
    left = np.argsort(-values, kind="stable").tolist()
    while left:
        group = [i for i in left if i == left[0] or not told_apart[left[0], i]]
        rank = 1 + sum(map(bool, ranks))
        for i in group:
            ranks[i] = rank
        left = [i for i in left if i not in group]
    return ranks
