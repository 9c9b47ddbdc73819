"""What accuracy follows: how a measure's order agrees with that of accuracy, over methods and within single clips."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.leaderboard.findings.evidence import Evidence
from harness.specs import SCORED, Column
from harness.statistics import concordance, gamma_interval, spearman

Estimate = tuple[float, float, float]
"""A correlation from -1 to 1 with the ends of its 95 % interval, NaN where unknown."""
READING = (
    "What accuracy follows: a correlation is above 0 where the better measure goes with more accuracy. Over methods it "
    "is Spearman's, of their means and accuracies, and its interval takes the methods for a sample of methods. Within "
    "clips it is Goodman and Kruskal's gamma: of two restorations of a clip of which one is recognised, how much more "
    "often that is the one with the better measure than the other; its interval takes groups of clips for a sample."
)


@dataclass(frozen=True)
class Following:
    """How one stream's accuracy goes with one measure, over `methods` lone methods and within `clips` that tell."""

    measure: str
    stream: str
    over_methods: Estimate
    within_clips: Estimate
    methods: int
    clips: int


def followings(evidence: Evidence, columns: Sequence[Column]) -> list[Following]:
    """Of every measure that has a better direction, and every stream in which two lone methods have it."""
    found = []
    for column in columns:
        known = evidence.measures.get(column.key, {})
        for stream in SCORED:
            names = [name for name in evidence.lone(stream) if name in known]
            if column.higher_is_better is not None and len(names) > 1:
                found.append(_following(evidence, column, stream, names))
    return found


def _following(evidence: Evidence, column: Column, stream: str, names: Sequence[str]) -> Following:
    sign = 1.0 if column.higher_is_better else -1.0
    values = sign * np.stack([evidence.measures[column.key][name] for name in names], axis=1)
    hit = np.stack([evidence.hit[stream][name] for name in names], axis=1)
    order, every = concordance(values, hit)
    low, high = gamma_interval(order[:, None], every[:, None], evidence.groups)
    gamma = float(order.sum() / every.sum()) if every.any() else math.nan
    return Following(
        measure=column.title,
        stream=stream,
        over_methods=spearman(np.nanmean(values, axis=0), hit.mean(axis=0)),
        within_clips=(gamma, float(low[0]), float(high[0])),
        methods=len(names),
        clips=int(np.count_nonzero(every)),
    )
