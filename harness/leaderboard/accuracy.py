"""The accuracy columns of one recogniser's stream, for all methods and pairs at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

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

STREAMS = ("spatial", "temporal", "fusion")
TOP1_COLUMNS = ("top1", "top1_low", "top1_high", "top1_mean_class", "top1_top5")
PAIRED_COLUMNS = ("delta", "delta_low", "delta_high", "p", "mcnemar_p", "recovered", "best")


def stream_columns(stream: str) -> list[str]:
    """Keys of a stream's columns, in order."""
    return [f"{stream}_{name}" for name in (*TOP1_COLUMNS, *PAIRED_COLUMNS)]


def uses_ceiling(name: str) -> bool:
    """Whether a row is the ceiling or a pair with it in it, which competes with nobody."""
    return CEILING in name.split("+")


def measure_stream(stream: str, rows: Mapping[str, Scores]) -> tuple[dict[str, dict[str, Any]], float | None]:
    """Columns of every row, and the difference in points that can be told apart (None where that is unknown).

    `rows` maps methods and pairs to their scores, which are joined by clip id. Percentages are 0 to 100, `recovered`
    is 0 at the floor and 1 at the ceiling, `best` says that a row leads or cannot be told from the one that does.
    Raises `RunFolderError` where two rows have different clips.
    """
    if not rows:
        return {}, None
    names = sorted(rows)
    first = rows[names[0]]
    aligned = [rows[name].aligned_to(first) for name in names]
    hit = np.stack([hits(scores) for scores in aligned], axis=1)
    samples = bootstrap_accuracy(hit, first.groups)
    columns = {name: _alone(aligned[i], hit[:, i], samples[:, i]) for i, name in enumerate(names)}
    _mark_best(columns, names, samples)
    detectable = _compare_with_floor(columns, names, hit, samples, first) if FLOOR in names else None
    return {name: {f"{stream}_{k}": v for k, v in found.items()} for name, found in columns.items()}, detectable


def _alone(scores: Scores, hit: Bools, samples: Floats) -> dict[str, Any]:
    low, high = interval(samples[:, None])
    return {
        "top1": accuracy(hit),
        "top1_low": low[0],
        "top1_high": high[0],
        "top1_mean_class": mean_class_accuracy(hit, scores.labels),
        "top1_top5": accuracy(hits(scores, k=5)),
    }


def _mark_best(columns: dict[str, dict[str, Any]], names: list[str], samples: Floats) -> None:
    rivals = [i for i, name in enumerate(names) if not uses_ceiling(name)]
    if rivals:
        tied = tied_with_best(samples[:, rivals], np.array([columns[names[i]]["top1"] for i in rivals]))
        for i, best in zip(rivals, tied, strict=True):
            columns[names[i]]["best"] = bool(best)


def _compare_with_floor(
    columns: dict[str, dict[str, Any]], names: list[str], hit: Bools, samples: Floats, clips: Scores
) -> float | None:
    floor = names.index(FLOOR)
    differences = samples - samples[:, [floor]]
    low, high = interval(differences)
    ceiling = columns.get(CEILING, {}).get("top1")
    for i, name in enumerate(names):
        row, base = columns[name], columns[FLOOR]["top1"]
        row["recovered"] = None if ceiling is None else recovered(row["top1"], base, ceiling)
        if i != floor:
            row |= {
                "delta": row["top1"] - base,
                "delta_low": low[i],
                "delta_high": high[i],
                "p": sign_flip_p(hit[:, i], hit[:, floor], clips.groups),
                "mcnemar_p": mcnemar_p(hit[:, i], hit[:, floor]),
            }
    return detectable_difference(np.delete(differences, floor, axis=1))
