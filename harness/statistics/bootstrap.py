"""The cluster bootstrap: whole groups are drawn with replacement, because clips of one group are not independent.

Every column of hits sees the same draws, so the difference of two columns of the result is their paired bootstrap.
Hits are summed as whole numbers in float64, hence exactly: results do not depend on the order of columns or threads.
Source: A. C. Davison, D. V. Hinkley, Bootstrap Methods and their Application, 1997, section 3.8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from harness.statistics.scores import Bools, Floats, Ints

RESAMPLES = 10_000
SEED = 0
DRAWS_IN_MEMORY = 2**20
Statistic = Callable[[Floats], Floats]


def bootstrap_accuracy(hit: Bools, groups: Sequence[str], *, resamples: int = RESAMPLES, seed: int = SEED) -> Floats:
    """Accuracy in percent of every resample: hits ``(n, columns)`` to ``(resamples, columns)``.

    All NaN if there is only one group, because that says nothing about the spread between groups.
    """
    codes, num_groups = group_codes(groups)
    right = _sums(hit.astype(np.float64), codes, num_groups)
    size = np.bincount(codes, minlength=num_groups).astype(np.float64)
    return 100.0 * _over_draws(lambda counts: (counts @ right) / (counts @ size)[:, None], num_groups, resamples, seed)


def bootstrap_mean(values: Floats, groups: Sequence[str], *, resamples: int = RESAMPLES, seed: int = SEED) -> Floats:
    """Mean of every resample: values ``(n, columns)`` to ``(resamples, columns)``, in the same unit.

    NaN values are left out; a resample without any value is NaN, and so is everything if there is only one group. The
    draws are those of `bootstrap_accuracy`, so the two are paired.
    """
    codes, num_groups = group_codes(groups)
    known = ~np.isnan(values)
    total = _sums(np.where(known, values, 0.0), codes, num_groups)
    size = _sums(known.astype(np.float64), codes, num_groups)

    def statistic(counts: Floats) -> Floats:
        with np.errstate(invalid="ignore"):
            return np.asarray((counts @ total) / (counts @ size))

    return _over_draws(statistic, num_groups, resamples, seed)


def bootstrap_mean_class(
    hit: Bools, labels: Ints, groups: Sequence[str], *, resamples: int = RESAMPLES, seed: int = SEED
) -> Floats:
    """Mean class accuracy in percent of every resample: hits ``(n, columns)`` to ``(resamples, columns)``.

    A class without clips in a resample is left out of that resample's mean. All NaN if there is only one group.
    """
    codes, num_groups = group_codes(groups)
    parts = [_class_part(hit, labels == label, codes) for label in np.unique(labels)]

    def statistic(counts: Floats) -> Floats:
        total, present = np.zeros((len(counts), hit.shape[1])), np.zeros(len(counts))
        for members, right, size in parts:
            drawn = counts[:, members]
            clips = drawn @ size
            total += (drawn @ right) / np.maximum(clips, 1.0)[:, None]
            present += clips > 0
        return np.asarray(total / present[:, None])

    return 100.0 * _over_draws(statistic, num_groups, resamples, seed)


def interval(samples: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    """Percentile interval of every column of ``(resamples, columns)``: lower and upper ends, ``(columns,)`` each."""
    tail = 50.0 * (1.0 - level)
    low, high = np.percentile(samples, [tail, 100.0 - tail], axis=0)
    return np.asarray(low), np.asarray(high)


def group_codes(groups: Sequence[str]) -> tuple[Ints, int]:
    """Each clip's group as a number from 0, and the number of groups."""
    names, codes = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    return codes.astype(np.int64), len(names)


def _class_part(hit: Bools, of_class: Bools, codes: Ints) -> tuple[Ints, Floats, Floats]:
    """The groups with clips of a class (usually few, hence fast), with their numbers of right and of all clips."""
    members, inner = np.unique(codes[of_class], return_inverse=True)
    right = _sums(hit[of_class].astype(np.float64), inner, len(members))
    return members, right, np.bincount(inner, minlength=len(members)).astype(np.float64)


def _sums(values: Floats, codes: NDArray[np.intp] | Ints, num_groups: int) -> Floats:
    sums = np.zeros((num_groups, values.shape[1]))
    np.add.at(sums, codes, values)
    return sums


def _over_draws(statistic: Statistic, num_groups: int, resamples: int, seed: int) -> Floats:
    result = np.concatenate([statistic(counts) for counts in _draws(num_groups, resamples, seed)])
    return result if num_groups > 1 else np.full_like(result, np.nan)


def _draws(num_groups: int, resamples: int, seed: int) -> Iterator[Floats]:
    """How often each group is drawn in each resample, in blocks ``(resamples of the block, groups)``."""
    rng = np.random.default_rng(seed)
    block = max(1, min(resamples, DRAWS_IN_MEMORY // num_groups))
    for start in range(0, resamples, block):
        rows = min(block, resamples - start)
        drawn = rng.integers(num_groups, size=(rows, num_groups), dtype=np.int32)
        drawn += np.arange(rows, dtype=np.int32)[:, None] * num_groups
        counts = np.bincount(drawn.ravel(), minlength=rows * num_groups)
        yield counts.reshape(rows, num_groups).astype(np.float64)
