"""Sign-flip tests over groups: under the null hypothesis each group's difference is as likely to have either sign."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from harness.statistics.clusters import LEVEL, Clusters
from harness.statistics.scores import Bools, Floats, Ints

FLIPS = 9_999
"""Random patterns of signs, to which the one that was observed is added."""
SEED = 0
SIGNS_IN_MEMORY = 2**22


def sign_flip_p(first: Bools, second: Bools, groups: Sequence[str]) -> float:
    """Two-sided p-value of the paired sign-flip permutation test over groups, exact.

    Hits are ``(n,)``, or ``(n, methods)`` for a side that is the mean of several. The differences are whole numbers, so
    the distribution of their sum over all sign patterns is computed by convolution rather than sampled, and is exact
    for any number of groups. With one clip per group this is McNemar's exact test.
    """
    sides = [side.reshape(len(side), -1).astype(np.int64) for side in (first, second)]
    change = sides[0].sum(axis=1) * sides[1].shape[1] - sides[1].sum(axis=1) * sides[0].shape[1]
    totals = Clusters.of(groups).sums(change[:, None].astype(np.float64))
    return exact_p(np.rint(totals[:, 0]).astype(np.int64))


def exact_p(differences: Ints) -> float:
    """The same from each group's difference ``(groups,)``, in whole numbers."""
    differences = differences // max(1, int(np.gcd.reduce(differences)))
    steps = np.abs(differences[differences != 0])
    reach, seen = int(steps.sum()), abs(int(differences.sum()))
    if seen == 0:
        return 1.0
    probability = np.ones(1)
    for step, times in enumerate(np.bincount(steps).tolist()):
        probability = np.convolve(probability, _walk(step, times)) if times else probability
    return min(1.0, float(2.0 * probability[(reach + seen) // 2 :].sum()))


def highest_p(differences: Ints) -> Floats:
    """What `exact_p` of each group's differences ``(groups, ...)`` is at most, by Hoeffding's inequality."""
    squares = np.maximum(1, (differences**2).sum(axis=0))
    return np.asarray(np.minimum(1.0, 2.0 * np.exp(-0.5 * differences.sum(axis=0) ** 2 / squares)))


@lru_cache(4096)
def _walk(step: int, times: int) -> Floats:
    """Probabilities of the sums of so many steps to either side, from the least to the greatest sum, by twos."""
    ways = np.array([math.comb(times, right) / 2**times for right in range(times + 1)])
    spread = np.zeros(step * times + 1)
    spread[::step] = ways
    return spread


def flipped_sums(totals: Floats, flips: int = FLIPS) -> Floats:
    """Sums over groups under random signs: ``(groups, columns)`` to ``(flips, columns)``, the same signs for all.

    Of whole numbers they are exact, so that results do not depend on the order of columns or threads.
    """
    rng = np.random.default_rng(SEED)
    block = max(1, SIGNS_IN_MEMORY // len(totals))
    sums = []
    for start in range(0, flips, block):
        signs = rng.integers(2, size=(min(block, flips - start), len(totals)), dtype=np.int8)
        sums.append((2.0 * signs - 1.0) @ totals)
    return np.concatenate(sums)


def inverted_ends(difference: Floats, clips: Floats, total: float, number: float) -> tuple[float, float]:
    """Ends of the shifts that the sign-flip test does not reject; infinite where so few groups reject none.

    `difference` and `clips` ``(FLIPS,)`` are sums of the differences and of the sizes of groups under the same signs,
    `total` and `number` the sums themselves. A shift is rejected unless it lies between the mean differences of the
    groups of either sign in more than 5 % of patterns.
    Source: J. A. Hartigan, Using subsample values as typical values, J. Am. Stat. Assoc. 64, 1969.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.stack([(total - difference) / (number - clips), (total + difference) / (number + clips)])
    low, high = (np.where(np.isnan(means).any(axis=0), end, values) for end, values in (
        (-np.inf, np.minimum(*means)), (np.inf, np.maximum(*means))))  # fmt: skip
    skipped = int(LEVEL * (FLIPS + 1)) - 1  # the observed pattern never rejects
    return float(np.partition(low, skipped)[skipped]), float(np.partition(high, -1 - skipped)[-1 - skipped])


def familywise_p(totals: Floats, flips: int = FLIPS) -> Floats:
    """P-values ``(columns, columns)`` of all pairs of columns of group totals, adjusted for their number.

    The largest standardised difference of any pair is compared with its distribution when the signs of each group are
    flipped in all pairs at once: that keeps the family-wise error over any set of equal columns and, unlike the
    adjustments of Bonferroni and Holm, uses that columns are alike. Never below the exact p-value of the pair alone.
    Source: P. H. Westfall, S. S. Young, Resampling-Based Multiple Testing, 1993 (single-step maxT).
    """
    columns = totals.shape[1]
    flipped = np.ascontiguousarray(flipped_sums(totals, flips).T)
    differences = totals[:, :, None] - totals[:, None, :]
    norm = np.sqrt((differences**2).sum(axis=0))
    scale = np.divide(1.0, norm, out=np.zeros_like(norm), where=norm > 0)
    largest = np.zeros(flips)
    room = np.empty_like(flipped)
    for i in range(columns - 1):
        spread = np.subtract(flipped[i], flipped[i + 1 :], out=room[i + 1 :])
        np.abs(spread, out=spread)
        spread *= scale[i, i + 1 :, None]
        np.maximum(largest, spread.max(axis=0), out=largest)
    seen = np.abs(differences.sum(axis=0)) * scale
    beyond = flips - np.searchsorted(np.sort(largest), seen - 1e-9)
    p = (1.0 + beyond) / (1.0 + flips)
    whole = np.rint(differences).astype(np.int64)
    for i, j in np.argwhere(np.tril(highest_p(whole) > p, -1)).tolist():
        p[i, j] = p[j, i] = max(p[i, j], exact_p(whole[:, i, j]))
    np.fill_diagonal(p, 1.0)
    return np.asarray(p)
