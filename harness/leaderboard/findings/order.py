"""Whether the order of methods by picture quality is their order by accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from harness.leaderboard.accuracy import STREAMS
from harness.leaderboard.findings.claims import FAILS, HOLDS, MISSING, OPEN, Part
from harness.leaderboard.findings.evidence import Evidence
from harness.statistics import holm, interval, kendall_tau, sign_flip_p

LEVEL = 0.05
FEWEST = 3


@dataclass(frozen=True)
class Inversion:
    """Two methods of which the one with more PSNR has less accuracy.

    `quality` (dB, below 0) and `points` (above 0) are differences of `better`, in accuracy, from `worse`; `p` is
    of the sign-flip test over groups, adjusted by Holm over all pairs of methods and streams; `sharper` says that the
    interval of `quality` is without 0.
    """

    stream: str
    better: str
    worse: str
    quality: float
    sharper: bool
    points: float
    p: float

    @property
    def told_apart(self) -> bool:
        return self.sharper and self.p < LEVEL

    def __str__(self) -> str:
        sign = " *" if self.told_apart else ""
        return (
            f"{self.stream}: {self.better} above {self.worse} by {self.points:.1f} points with {-self.quality:.2f} dB "
            f"less, p = {self.p:.3f}{sign}"
        )


@dataclass(frozen=True)
class OrderDiffers:
    """The order of lone methods by mean PSNR is not their order by accuracy, in any of the streams.

    Kendall's tau is shown with its interval, but the noise of accuracies alone keeps it below 1; so the verdict rests
    on inversions: it holds where at least one can be told apart, and fails where no two methods are inverted.
    """

    def judge(self, evidence: Evidence) -> list[Part]:
        compared = [stream for stream in STREAMS if evidence.hit[stream]]
        inversions = find_inversions(evidence, compared)
        return [_judge_stream(evidence, s, [i for i in inversions if i.stream == s]) for s in compared]


def find_inversions(evidence: Evidence, streams: Sequence[str]) -> list[Inversion]:
    """All inversions of all streams, those with the smallest p first."""
    pairs = [(stream, a, b) for stream in streams for a, b in combinations(ranked(evidence, stream), 2)]
    raw = [sign_flip_p(evidence.hit[s][a], evidence.hit[s][b], evidence.groups) for s, a, b in pairs]
    adjusted = holm(np.array(raw, dtype=np.float64))
    sure = _sure_of_quality(evidence)
    found = []
    for (stream, a, b), p in zip(pairs, adjusted.tolist(), strict=True):
        points = evidence.top1(stream, b) - evidence.top1(stream, a)
        quality = mean_quality(evidence, b) - mean_quality(evidence, a)
        if points > 0 > quality:
            found.append(Inversion(stream, b, a, quality, (a, b) in sure, points, p))
    return sorted(found, key=lambda i: (i.p, -i.points, i.better, i.worse))


def ranked(evidence: Evidence, stream: str) -> list[str]:
    """Lone methods that have both numbers, by falling PSNR."""
    names = [name for name in evidence.lone(stream) if name in evidence.quality]
    return sorted(names, key=lambda name: (-mean_quality(evidence, name), name))


def mean_quality(evidence: Evidence, name: str) -> float:
    """Mean PSNR over clips in dB."""
    return float(np.nanmean(evidence.quality[name]))


def _sure_of_quality(evidence: Evidence) -> set[tuple[str, str]]:
    """Pairs of which the first has more PSNR beyond its interval."""
    names = list(evidence.quality)
    if not names:
        return set()
    samples = evidence.quality_samples(names)
    found = set()
    for i, name in enumerate(names):
        low, _ = interval(samples[:, [i]] - samples)
        found |= {(name, other) for other, end in zip(names, low.tolist(), strict=True) if end > 0}
    return found


def _judge_stream(evidence: Evidence, stream: str, inversions: Sequence[Inversion]) -> Part:
    names = ranked(evidence, stream)
    what = f"{stream}: order by PSNR against order by accuracy"
    if len(names) < FEWEST:
        return Part(what, MISSING)
    quality = np.array([mean_quality(evidence, name) for name in names])
    top1 = np.array([evidence.top1(stream, name) for name in names])
    drawn = np.stack([evidence.samples[stream][name] for name in names], axis=1)
    samples = kendall_tau(evidence.quality_samples(names), drawn)
    low, high = interval(samples[~np.isnan(samples)][:, None]) if not np.isnan(samples).all() else ([np.nan], [np.nan])
    apart = sum(inversion.told_apart for inversion in inversions)
    count = len(names) * (len(names) - 1) // 2
    return Part(
        what=what,
        verdict=HOLDS if apart else OPEN if inversions else FAILS,
        estimate=float(kendall_tau(quality, top1)),
        low=float(low[0]),
        high=float(high[0]),
        unit="tau",
        sides=f"{len(inversions)} of {count} pairs inverted, {apart} told apart",
        scope=f"{len(names)} methods, {evidence.scope}",
        details=[str(inversion) for inversion in inversions],
    )
