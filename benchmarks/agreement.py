"""Whether two pipelines give the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from harness_benchmarks.measuring import Answers

TOLERANCE_DB = 1e-4
"""Difference in PSNR of a clip that rounding explains."""


@dataclass(frozen=True)
class Difference:
    """The largest difference of a probe's values over methods and clips; for scores, how often top-1 is the same."""

    probe: str
    largest: float
    same_top1: float | None = None


def differences(first: Answers, second: Answers) -> list[Difference]:
    """One entry a probe, over everything that `second` has an answer for."""
    probes = dict.fromkeys(probe for _, probe, _ in second)
    return [_difference(probe, list(_pairs(probe, first, second))) for probe in probes]


def same_pictures(found: list[Difference]) -> bool:
    """Whether PSNR agrees: then both pipelines restored the same frames."""
    return all(d.largest <= TOLERANCE_DB for d in found if d.probe == "psnr_y")


def _pairs(probe: str, first: Answers, second: Answers) -> Iterator[tuple[Any, Any]]:
    return ((first[key], value) for key, value in second.items() if key[1] == probe)


def _difference(probe: str, pairs: list[tuple[Any, Any]]) -> Difference:
    a, b = (np.asarray(side, dtype=np.float64) for side in zip(*pairs, strict=True))
    largest = float(np.where(np.isnan(a) & np.isnan(b), 0, abs(a - b)).max())
    same = float((a.argmax(-1) == b.argmax(-1)).mean()) if a.ndim == 2 else None
    return Difference(probe, largest, same)
