"""The accuracies of one recogniser's stream, for all methods and pairs at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

import numpy as np

from harness.leaderboard.row import Accuracy, tidy
from harness.specs import CEILING, FLOOR
from harness.statistics import (
    Scores,
    accuracy,
    bootstrap_accuracy,
    detectable_difference,
    hits,
    interval,
    mcnemar_p,
    mean_class_accuracy,
    recovered,
    sign_flip_p,
    tied_with_best,
)
from harness.statistics.scores import Bools, Floats


def uses_ceiling(name: str) -> bool:
    """Whether a row is the ceiling or a pair that includes it; such rows do not compete."""
    return CEILING in name.split("+")


def measure_stream(rows: Mapping[str, Scores]) -> tuple[dict[str, Accuracy], float | None]:
    """The accuracy of every row, and the difference in points that can be told apart (None if unknown).

    `rows` maps methods and pairs to their scores, which are joined by clip id. Raises `RunFolderError` if two rows
    have different clips.
    """
    if not rows:
        return {}, None
    names = sorted(rows)
    first = rows[names[0]]
    aligned = [rows[name].aligned_to(first) for name in names]
    hit = np.stack([hits(scores) for scores in aligned], axis=1)
    samples = bootstrap_accuracy(hit, first.groups)
    found = {name: _alone(aligned[i], hit[:, i], samples[:, i]) for i, name in enumerate(names)}
    _mark_best(found, names, samples)
    detectable = _compare_with_floor(found, names, hit, samples, first) if FLOOR in names else None
    return {name: _tidied(accuracies) for name, accuracies in found.items()}, detectable


def _alone(scores: Scores, hit: Bools, samples: Floats) -> Accuracy:
    low, high = interval(samples[:, None])
    return Accuracy(
        top1=accuracy(hit),
        top1_low=float(low[0]),
        top1_high=float(high[0]),
        top1_mean_class=mean_class_accuracy(hit, scores.labels),
        top1_top5=accuracy(hits(scores, k=5)),
    )


def _mark_best(found: dict[str, Accuracy], names: list[str], samples: Floats) -> None:
    rivals = [i for i, name in enumerate(names) if not uses_ceiling(name)]
    if rivals:
        tied = tied_with_best(samples[:, rivals], np.array([found[names[i]].top1 for i in rivals]))
        for i, best in zip(rivals, tied, strict=True):
            found[names[i]] = replace(found[names[i]], best=bool(best))


def _compare_with_floor(
    found: dict[str, Accuracy], names: list[str], hit: Bools, samples: Floats, clips: Scores
) -> float | None:
    floor = names.index(FLOOR)
    differences = samples - samples[:, [floor]]
    low, high = interval(differences)
    base, ceiling = _top1(found[FLOOR]), found[CEILING].top1 if CEILING in found else None
    for i, name in enumerate(names):
        top1 = _top1(found[name])
        closed = None if ceiling is None else recovered(top1, base, ceiling)
        found[name] = replace(found[name], recovered=closed)
        if i != floor:
            found[name] = replace(
                found[name],
                delta=top1 - base,
                delta_low=float(low[i]),
                delta_high=float(high[i]),
                p=sign_flip_p(hit[:, i], hit[:, floor], clips.groups),
                mcnemar_p=mcnemar_p(hit[:, i], hit[:, floor]),
            )
    return detectable_difference(np.delete(differences, floor, axis=1))


def _top1(accuracies: Accuracy) -> float:
    assert accuracies.top1 is not None  # `_alone` gives every row one
    return accuracies.top1


def _tidied(accuracies: Accuracy) -> Accuracy:
    return Accuracy(**{field.name: tidy(field.name, getattr(accuracies, field.name)) for field in fields(Accuracy)})
