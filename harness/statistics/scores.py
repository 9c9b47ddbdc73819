"""Raw class scores of a set of clips: checked, joined by clip id, fused, and turned into hits and accuracy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.errors import RunFolderError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
SHOWN = 3


@dataclass(frozen=True)
class Scores:
    """Raw class scores, before softmax, of n clips.

    `values` ``(n, classes)``, finite; `labels` ``(n,)`` from 0; `groups` and `clips` are n strings; `name` says whose
    scores they are, for messages. Raises `RunFolderError` on a clip that occurs twice, a label that is no class,
    lengths that differ, no clips at all, or a score that is not finite.
    """

    name: str
    clips: Sequence[str]
    labels: Ints
    groups: Sequence[str]
    values: Floats

    def __post_init__(self) -> None:
        n = len(self.clips)
        if n == 0 or self.values.ndim != 2 or {len(self.labels), len(self.groups), len(self.values)} != {n}:
            raise RunFolderError(
                f"{self.name}: {n} clips, {len(self.labels)} labels, {len(self.groups)} groups and scores of shape "
                f"{self.values.shape}; expected one of each per clip, and at least one clip"
            )
        if len(set(self.clips)) < n:
            twice = sorted(clip for clip, count in Counter(self.clips).items() if count > 1)
            raise RunFolderError(f"{self.name}: clips that occur twice: {_some(twice)}")
        classes = self.values.shape[1]
        outside = (self.labels < 0) | (self.labels >= classes)
        if outside.any():
            wrong = [self.clips[place] for place in np.flatnonzero(outside).tolist()]
            raise RunFolderError(f"{self.name}: label outside 0..{classes - 1} for {_some(wrong)}")
        if not np.isfinite(self.values).all():
            bad = [clip for clip, row in zip(self.clips, self.values, strict=True) if not np.isfinite(row).all()]
            raise RunFolderError(f"{self.name}: scores that are not finite for {_some(bad)}")

    def aligned_to(self, other: Scores) -> Scores:
        """The same scores in the order of the clips of `other`.

        Raises `RunFolderError` if one has a clip that the other lacks, or they disagree on a clip's label or group.
        """
        if self._has_clips_of(other):
            return self
        place = {clip: i for i, clip in enumerate(self.clips)}
        self._refuse(sorted(set(other.clips) - set(place)), f"lacks clips that {other.name} has")
        self._refuse(sorted(set(place) - set(other.clips)), f"has clips that {other.name} lacks")
        order = [place[clip] for clip in other.clips]
        labels, groups = self.labels[order], [self.groups[i] for i in order]
        differ = [c for c, a, b in zip(other.clips, labels, other.labels, strict=True) if a != b]
        self._refuse(differ, f"has labels other than {other.name}")
        differ = [c for c, a, b in zip(other.clips, groups, other.groups, strict=True) if a != b]
        self._refuse(differ, f"has groups other than {other.name}")
        return replace(self, clips=other.clips, labels=labels, groups=groups, values=self.values[order])

    def _has_clips_of(self, other: Scores) -> bool:
        same = (self.clips is other.clips or self.clips == other.clips) and (
            self.groups is other.groups or self.groups == other.groups
        )
        return same and np.array_equal(self.labels, other.labels)

    def _refuse(self, clips: Sequence[str], problem: str) -> None:
        if clips:
            raise RunFolderError(f"scores cannot be joined: {self.name} {problem}: {_some(clips)}")


def fuse(spatial: Scores, temporal: Scores, weights: tuple[float, float]) -> Scores:
    """Weighted sum of two streams' raw scores, joined by clip id, in the order of `spatial`.

    Source: two-stream fusion of TSN (Wang et al., 2016), which weights unnormalised scores 1 : 1.5.
    Raises `RunFolderError` if the two differ in clips, labels, groups or number of classes.
    """
    other = temporal.aligned_to(spatial)
    if other.values.shape != spatial.values.shape:
        raise RunFolderError(
            f"scores cannot be fused: {spatial.name} has {spatial.values.shape[1]} classes, "
            f"{temporal.name} has {other.values.shape[1]}"
        )
    values = weights[0] * spatial.values + weights[1] * other.values
    name = spatial.name if spatial.name == temporal.name else f"{spatial.name} + {temporal.name}"
    return replace(spatial, name=name, values=values)


def hits(scores: Scores, k: int = 1) -> Bools:
    """Whether each clip's label is among its `k` highest scores, ``(n,)``; k is capped at the number of classes.

    Equal scores rank by class index, lowest first, as `argmax` does.
    """
    values, labels = scores.values, scores.labels
    own = np.take_along_axis(values, labels[:, None], axis=1)
    earlier = np.arange(values.shape[1]) < labels[:, None]
    rank = ((values > own) | ((values == own) & earlier)).sum(axis=1)
    return np.asarray(rank < min(k, values.shape[1]))


def accuracy(hit: Bools) -> float:
    """Share of clips that are right, in percent."""
    return 100.0 * float(np.mean(hit))


def mean_class_accuracy(hit: Bools, labels: Ints) -> float:
    """Share of a class's clips that are right, averaged over the classes that have clips, in percent."""
    total = np.bincount(labels)
    right = np.bincount(labels, weights=hit)
    return 100.0 * float(np.mean(right[total > 0] / total[total > 0]))


def _some(clips: Sequence[str]) -> str:
    more = f" and {len(clips) - SHOWN} more" if len(clips) > SHOWN else ""
    return ", ".join(repr(str(clip)) for clip in clips[:SHOWN]) + more
