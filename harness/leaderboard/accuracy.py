"""The accuracies of one recogniser's stream, for all methods and pairs at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

import numpy as np

from harness.leaderboard.row import Accuracy, tidy
from harness.specs import CEILING, FLOOR
from harness.statistics import (
    LEVEL,
    Panel,
    Recovery,
    Scores,
    accuracy,
    accuracy_interval,
    detectable_difference,
    hits,
    mcnemar_p,
    mean_class_accuracy,
    mean_class_interval,
    recovery,
    shared_ranks,
)
from harness.statistics.scores import Bools, Floats
from harness.syntax import parts_of

TOP = 5
"""Among how many classes a clip's own must be for the second accuracy, which needs as many classes."""


def uses_ceiling(name: str) -> bool:
    """Whether a row is the ceiling or a pair that includes it; such rows do not compete."""
    return CEILING in parts_of(name)


def measure_stream(rows: Mapping[str, Scores], floor: str = FLOOR) -> tuple[dict[str, Accuracy], float | None]:
    """The accuracy of every row, and the difference in points that can be told apart (None if unknown).

    `rows` maps methods and pairs to their scores, which are joined by clip id. Raises `RunFolderError` if two rows
    have different clips.
    """
    if not rows:
        return {}, None
    names = sorted(rows)
    first = rows[names[0]]
    aligned = [rows[name].aligned_to(first) for name in names]
    panel = Panel(np.stack([hits(scores) for scores in aligned], axis=1), first.groups)
    found = {name: _alone(scores, panel.hit[:, i]) for i, (name, scores) in enumerate(zip(names, aligned, strict=True))}
    _rank(found, names, panel)
    detectable = _compare_with_floor(found, names, panel, floor) if floor in names else None
    return {name: _tidied(accuracies) for name, accuracies in found.items()}, detectable


def _alone(scores: Scores, hit: Bools) -> Accuracy:
    low, high = _ends(accuracy_interval(hit[:, None], scores.groups))
    class_low, class_high = _ends(mean_class_interval(hit[:, None], scores.labels, scores.groups))
    alone = Accuracy(
        top1=accuracy(hit),
        top1_low=low,
        top1_high=high,
        top1_mean_class=mean_class_accuracy(hit, scores.labels),
        top1_mean_class_low=class_low,
        top1_mean_class_high=class_high,
    )
    if scores.values.shape[1] < TOP:
        return alone
    among = hits(scores, k=TOP)
    low, high = _ends(accuracy_interval(among[:, None], scores.groups))
    return replace(alone, top1_top5=accuracy(among), top1_top5_low=low, top1_top5_high=high)


def _rank(found: dict[str, Accuracy], names: Sequence[str], panel: Panel) -> None:
    """Ranks that rows share with the best of their group; the first of all are marked."""
    rivals = [i for i, name in enumerate(names) if not uses_ceiling(name)]
    if not rivals:
        return
    top1 = np.array([_top1(found[names[i]]) for i in rivals])
    p = panel.familywise_p(rivals)
    best = int(np.argmax(top1))
    for place, (i, rank) in enumerate(zip(rivals, shared_ranks(top1, p < LEVEL), strict=True)):
        own = found[names[i]]
        found[names[i]] = replace(own, rank=rank, best=rank == 1, best_p=float(p[best, place]))


def _compare_with_floor(found: dict[str, Accuracy], names: Sequence[str], panel: Panel, lowest: str) -> float | None:
    floor, errors = names.index(lowest), []
    for i, name in enumerate(names):
        if CEILING in names:
            found[name] = _with_share(found[name], recovery(panel, i, floor, names.index(CEILING)))
        if i != floor:
            gain = panel.difference([i], [floor])
            errors.append(gain.error)
            found[name] = replace(
                found[name],
                delta=gain.value,
                delta_low=gain.low,
                delta_high=gain.high,
                p=gain.p,
                mcnemar_p=mcnemar_p(panel.hit[:, i], panel.hit[:, floor]),
            )
    return detectable_difference(errors)


def _with_share(own: Accuracy, share: Recovery | None) -> Accuracy:
    if share is None:
        return own
    return replace(own, recovered=share.value, recovered_low=share.low, recovered_high=share.high)


def _ends(interval: tuple[Floats, Floats]) -> tuple[float, float]:
    return float(interval[0][0]), float(interval[1][0])


def _top1(accuracies: Accuracy) -> float:
    assert accuracies.top1 is not None  # `_alone` gives every row one
    return accuracies.top1


def _tidied(accuracies: Accuracy) -> Accuracy:
    return Accuracy(**{field.name: tidy(field.name, getattr(accuracies, field.name)) for field in fields(Accuracy)})
