"""Parameters that walk slowly from frame to frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator


@dataclass(frozen=True)
class Walk:
    """A value between `low` and `high` that changes by at most `step` a frame, and never leaves them."""

    low: float
    high: float
    step: float = 0.0
    whole: bool = False
    """Whether only whole numbers are taken."""

    def values(self, rng: Generator, start: float | None = None) -> Iterator[float]:
        """One value a frame, without end; the first is drawn uniformly unless `start` is given."""
        value = rng.uniform(self.low, self.high) if start is None else start
        while True:
            value = float(round(value)) if self.whole else value
            yield value
            value = float(np.clip(value + rng.uniform(-self.step, self.step), self.low, self.high))
