"""A worker that sleeps as long as its work would take, with so few imports that dozens fit on one machine."""

from __future__ import annotations

import time
from collections.abc import Sequence


class Sleeper:
    """An actor of Ray. What it sends for each clip is as long as the scores of `classes` classes, for every cell."""

    def __init__(self, pace: float, cells: int, classes: int) -> None:
        self._pace = pace
        self._row = [[-5 + 10 * place / classes for place in range(classes)]] * cells

    def prepare(self) -> None:
        """Nothing has to be built."""

    def compute(self, places: Sequence[int]) -> tuple[Sequence[int], list[list[list[float]]], float]:
        """The places, what was found there, and the seconds that it took."""
        seconds = self._pace * len(places)
        time.sleep(seconds)
        return places, [self._row for _ in places], seconds
