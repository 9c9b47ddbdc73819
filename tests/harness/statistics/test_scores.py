from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.errors import RunFolderError
from harness.statistics import Scores, accuracy, fuse, hits, mean_class_accuracy


def make(values: np.ndarray, labels: list[int] | None = None, name: str = "a / tsn.spatial") -> Scores:
    n = len(values)
    labels = labels if labels is not None else [0] * n
    return Scores(name, [f"c{i}" for i in range(n)], np.array(labels), [f"g{i // 2}" for i in range(n)], values)


def random_scores(n: int = 60, classes: int = 7, seed: int = 0, name: str = "a") -> Scores:
    rng = np.random.default_rng(seed)
    # few distinct values, so that ties are common
    return make(rng.integers(4, size=(n, classes)).astype(float), list(np.arange(n) % classes), name)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_hits_agree_with_sorting_each_clip(k: int) -> None:
    scores = random_scores()
    expected = []
    for row, label in zip(scores.values, scores.labels, strict=True):
        ranking = sorted(range(len(row)), key=lambda c: (-row[c], c))
        expected.append(label in ranking[:k])
    assert hits(scores, k).tolist() == expected


def test_top_1_is_argmax_even_if_scores_are_equal() -> None:
    scores = random_scores()
    assert np.array_equal(hits(scores), scores.values.argmax(axis=1) == scores.labels)


def test_top_5_of_three_classes_is_always_right() -> None:
    assert accuracy(hits(random_scores(classes=3), k=5)) == 100.0


def test_mean_class_accuracy_is_the_mean_recall_of_classes_that_have_clips() -> None:
    labels = np.array([0, 0, 0, 2, 2, 5])
    hit = np.array([True, True, False, True, False, False])
    assert mean_class_accuracy(hit, labels) == pytest.approx(100 * (2 / 3 + 1 / 2 + 0) / 3)
    assert accuracy(hit) == pytest.approx(50.0)


def test_fusion_joins_by_clip_id_whatever_the_order() -> None:
    spatial, temporal = random_scores(seed=1, name="a"), random_scores(seed=2, name="b")
    order = np.random.default_rng(3).permutation(60)
    shuffled = replace(
        temporal,
        clips=[temporal.clips[i] for i in order],
        labels=temporal.labels[order],
        groups=[temporal.groups[i] for i in order],
        values=temporal.values[order],
    )
    fused = fuse(spatial, shuffled, (1.0, 1.5))
    assert fused.clips == spatial.clips
    assert np.array_equal(fused.values, spatial.values + 1.5 * temporal.values)


def test_weights_of_the_fusion_decide_between_two_streams() -> None:
    spatial, temporal = make(np.array([[1.0, 0.0]])), make(np.array([[0.0, 0.8]]))
    assert hits(fuse(spatial, temporal, (1.0, 1.0))).tolist() == [True]
    assert hits(fuse(spatial, temporal, (1.0, 1.5))).tolist() == [False]


def drop(scores: Scores, keep: slice) -> Scores:
    return Scores("b", scores.clips[keep], scores.labels[keep], scores.groups[keep], scores.values[keep])


def test_scores_of_different_clips_are_refused() -> None:
    a = random_scores(6, name="a")
    with pytest.raises(RunFolderError, match=r"b lacks clips that a has: 'c5'"):
        fuse(a, drop(a, slice(0, 5)), (1, 1))
    with pytest.raises(RunFolderError, match=r"a has clips that b lacks: 'c0', 'c1', 'c2' and 2 more"):
        fuse(drop(a, slice(5, 6)), a, (1, 1))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"labels": np.array([0, 1, 2, 3, 4, 6])}, "labels other than a: 'c5'"),
        ({"groups": ["g0", "x", "g1", "g1", "g2", "g2"]}, "groups other than a: 'c1'"),
        ({"values": np.zeros((6, 8))}, "a has 7 classes, b has 8"),
    ],
)
def test_scores_that_disagree_are_refused(changed: dict[str, Any], message: str) -> None:
    a = random_scores(6, name="a")
    with pytest.raises(RunFolderError, match=message):
        fuse(a, replace(a, name="b", **changed), (1, 1))


def test_broken_scores_are_refused() -> None:
    a = random_scores(4)
    with pytest.raises(RunFolderError, match="occur twice: 'c0'"):
        replace(a, clips=["c0", "c0", "c2", "c3"])
    with pytest.raises(RunFolderError, match=r"label outside 0..6 for 'c1'"):
        replace(a, labels=np.array([0, 7, 0, 0]))
    with pytest.raises(RunFolderError, match="label outside"):
        replace(a, labels=np.array([0, -1, 0, 0]))
    with pytest.raises(RunFolderError, match="not finite for 'c2'"):
        replace(a, values=np.where(np.arange(4)[:, None] == 2, np.nan, a.values))
    with pytest.raises(RunFolderError, match="4 clips, 3 labels"):
        replace(a, labels=np.array([0, 1, 2]))
    with pytest.raises(RunFolderError, match="at least one clip"):
        make(np.zeros((0, 3)))
