"""Whether the order of methods by a measure of picture quality is their order by accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from harness.leaderboard.findings.claims import FAILS, HOLDS, MISSING, OPEN, Judgement
from harness.leaderboard.findings.evidence import Evidence
from harness.specs import SCORED
from harness.statistics import LEVEL, holm, kendall_tau, mean_interval

FEWEST = 3


@dataclass(frozen=True)
class Quality:
    """A probe's number that is better the higher it is: its key, and its name and unit in words."""

    key: str
    title: str
    unit: str


@dataclass(frozen=True)
class Inversion:
    """Two methods of which the one with the higher quality has the lower accuracy.

    `better`, in accuracy, has `points` more accuracy and `less` quality (in the measure's `unit`), both above 0; `p` is
    from the sign-flip test over groups, adjusted by Holm over all pairs of methods and streams; `sharper` says that the
    interval of `less` excludes 0.
    """

    stream: str
    better: str
    worse: str
    less: float
    unit: str
    sharper: bool
    points: float
    p: float

    @property
    def told_apart(self) -> bool:
        return self.sharper and self.p < LEVEL

    def __str__(self) -> str:
        sign = " *" if self.told_apart else ""
        return (
            f"{self.stream}: {self.better} above {self.worse} by {self.points:.1f} points with {self.less:.2f} "
            f"{self.unit} less, p = {self.p:.3f}{sign}"
        )


@dataclass(frozen=True)
class OrderDiffers:
    """The order of lone methods by mean quality is not their order by accuracy, in any of the streams.

    Kendall's tau is shown, but the noise of accuracies alone keeps it below 1; so the verdict rests on inversions: it
    holds where at least one can be told apart, and fails where no two methods are inverted.
    """

    quality: Quality

    @property
    def reading(self) -> str:
        return (
            "Kendall's tau is 1 where two orders agree and -1 where one is the other reversed; noise alone keeps it "
            "below 1, so the verdict on orders rests on inversions. One is told apart (marked \\*) where the interval "
            f"of its {self.quality.title} difference is without 0 and the p-value of its accuracies, adjusted by Holm "
            "over all pairs of methods and streams, is below 0.05."
        )

    def judge(self, evidence: Evidence) -> list[Judgement]:
        compared = [stream for stream in SCORED if evidence.hit[stream]]
        inversions = find_inversions(evidence, self.quality, compared)
        return [
            _judge_stream(evidence, self.quality, stream, [i for i in inversions if i.stream == stream])
            for stream in compared
        ]


def find_inversions(evidence: Evidence, quality: Quality, streams: Sequence[str]) -> list[Inversion]:
    """All inversions of all streams, those with the smallest p first."""
    pairs = [(s, a, b) for s in streams for a, b in combinations(ranked(evidence, quality, s), 2)]
    raw = [evidence.p_values(s, [(a, b) for stream, a, b in pairs if stream == s]) for s in streams]
    adjusted = holm(np.concatenate([*raw, np.empty(0)]))
    sure = _sure_of_quality(evidence, quality)
    means = mean_quality(evidence, quality)
    top1 = {stream: {name: evidence.top1(stream, name) for name in evidence.hit[stream]} for stream in streams}
    found = []
    for (stream, a, b), p in zip(pairs, adjusted.tolist(), strict=True):
        points = top1[stream][b] - top1[stream][a]
        less = means[a] - means[b]
        if points > 0 and less > 0:
            found.append(Inversion(stream, b, a, less, quality.unit, (a, b) in sure, points, p))
    return sorted(found, key=lambda i: (i.p, -i.points, i.better, i.worse))


def ranked(evidence: Evidence, quality: Quality, stream: str) -> list[str]:
    """Lone methods that have both numbers, by falling quality."""
    means = mean_quality(evidence, quality)
    names = [name for name in evidence.lone(stream) if name in means]
    return sorted(names, key=lambda name: (-means[name], name))


def mean_quality(evidence: Evidence, quality: Quality) -> dict[str, float]:
    """Mean over clips by method, of those that have the number."""
    return {name: float(np.nanmean(clips)) for name, clips in evidence.measures.get(quality.key, {}).items()}


def _sure_of_quality(evidence: Evidence, quality: Quality) -> set[tuple[str, str]]:
    """Pairs of which the first has more quality beyond the interval of the difference."""
    clips = {name: evidence.measures[quality.key][name] for name in mean_quality(evidence, quality)}
    pairs = list(combinations(clips, 2))
    if not pairs:
        return set()
    low, high = mean_interval(np.stack([clips[a] - clips[b] for a, b in pairs], axis=1), evidence.groups)
    above = {pair for pair, end in zip(pairs, low.tolist(), strict=True) if end > 0}
    return above | {(b, a) for (a, b), end in zip(pairs, high.tolist(), strict=True) if end < 0}


def _judge_stream(evidence: Evidence, quality: Quality, stream: str, inversions: Sequence[Inversion]) -> Judgement:
    names = ranked(evidence, quality, stream)
    what = f"{stream}: order by {quality.title} against order by accuracy"
    if len(names) < FEWEST:
        return Judgement(what, MISSING)
    apart = sum(inversion.told_apart for inversion in inversions)
    count = len(names) * (len(names) - 1) // 2
    return Judgement(
        what=what,
        verdict=HOLDS if apart else OPEN if inversions else FAILS,
        estimate=_tau(evidence, quality, stream, names),
        unit="tau",
        sides=f"{len(inversions)} of {count} pairs inverted, {apart} told apart",
        scope=f"{len(names)} methods, {evidence.scope}",
        details=[str(inversion) for inversion in inversions],
    )


def _tau(evidence: Evidence, quality: Quality, stream: str, names: Sequence[str]) -> float:
    means = mean_quality(evidence, quality)
    top1 = [evidence.top1(stream, name) for name in names]
    return float(kendall_tau(np.array([means[name] for name in names]), np.array(top1)))
