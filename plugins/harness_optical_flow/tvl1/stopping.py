"""When the iterations of a pair end: its flow changes by less than epsilon, root mean square in pixels."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor


class Stop(Protocol):
    """Looks after the pairs in progress for the iterations of one warp."""

    def due(self, iteration: int) -> int:
        """How many unknowns to look at after this iteration, counted from 0; 0 for not at all."""
        ...

    def ended(self, change: Tensor) -> Tensor:
        """Which pairs end, bool ``(N,)``, now that those unknowns changed by this sum of squares ``(N,)``."""
        ...

    def select(self, pairs: Tensor) -> None:
        """Only these are in progress from now on."""
        ...


class Always:
    """Look at every iteration and all unknowns, as OpenCV does on a processor. `limit` is a sum of squares."""

    def __init__(self, pairs: int, limit: float) -> None:
        self._limit = limit

    def due(self, iteration: int) -> int:
        return 3

    def ended(self, change: Tensor) -> Tensor:
        return change <= self._limit

    def select(self, pairs: Tensor) -> None:
        pass


class WhenDue:
    """Look at an odd iteration once the last change seen, less `limit` for each since, would be below `limit`.

    This is what OpenCV does on a GPU, where each look costs a synchronisation. Brightness does not count.
    """

    def __init__(self, pairs: int, limit: float) -> None:
        self._limit = limit
        self._expected = torch.zeros(pairs, dtype=torch.float64)
        self._due = torch.zeros(pairs, dtype=torch.bool)

    def due(self, iteration: int) -> int:
        self._due = (self._expected < self._limit) & (iteration % 2 == 1)
        self._expected -= self._limit
        return 2 if self._due.any() else 0

    def ended(self, change: Tensor) -> Tensor:
        seen = change.double().cpu()
        self._expected = torch.where(self._due, seen, self._expected)
        return (self._due & (seen <= self._limit)).to(change.device)

    def select(self, pairs: Tensor) -> None:
        self._expected = self._expected[pairs.cpu()]
