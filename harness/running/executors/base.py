"""What an executor is given, and what it tells while it works."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.contracts import Dataset
from harness.planning.cells import Cell, Plan
from harness.registry import Registry
from harness.running.store import RunFolder


class Listener(Protocol):
    """Told of every step, in the order in which it happens."""

    def loading(self, what: str) -> None:
        """A network is being built."""
        ...

    def clip_done(self, method: str, seconds: float) -> None:
        """A method's cells have all seen one more clip; `seconds` is what it took."""
        ...

    def cell_finished(self, cell: Cell, status: str, reason: str | None) -> None:
        """A cell ended `ok`, `failed` or `skipped`."""
        ...


@dataclass(frozen=True)
class Work:
    """What there is to do: the plan's cells that are neither skipped nor complete."""

    plan: Plan
    cells: Sequence[Cell]
    dataset: Dataset
    folder: RunFolder
    registry: Registry
    device: str
    listener: Listener


class Executor(Protocol):
    """Computes all cells of the work; every cell ends `ok` or `failed` in the run folder."""

    def run(self, work: Work) -> dict[str, float]:
        """Returns the seconds spent by stage."""
        ...
