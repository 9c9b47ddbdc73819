"""The driver's side: hands shards to workers, replaces those that die, and passes on what they found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from typing import Protocol

from harness.errors import HarnessError
from harness.running.events import Event, Unreadable, WorkerBegan
from harness.running.executors.base import Sink
from harness.running.executors.ledger import BUILDING, Ledger
from harness.running.executors.shards import Shards, failure
from harness.running.executors.work import Death, Report, Shard
from harness.running.loop import Work

STARTS = 3
"""How often in a row a worker may die while it starts, for a reason of its own."""
KILLED_STARTS = 30
"""How often if it is killed."""


class Crew(Protocol):
    """Workers, each in a place of its own that keeps its number; wherever they are."""

    @property
    def devices(self) -> Sequence[str]:
        """Of each place."""
        ...

    def begin(self, place: int, without: frozenset[str]) -> Future[Report]:
        """Start a worker, in the stead of a dead one if there was one, and let it prepare, without these cells.

        The future's result is what it answers; it raises `Death`, and whatever the worker raises.
        """
        ...

    def submit(self, place: int, shard: Shard) -> Future[Report]:
        """Hand a shard to the worker of a place; the future is like that of `begin`."""
        ...

    def stop(self) -> None:
        """End all workers at once."""
        ...


class Driver:
    """Takes work through a crew. Used once, by `run`."""

    def __init__(self, work: Work, crew: Crew, sink: Sink) -> None:
        self._work = work
        self._crew = crew
        self._sink = sink
        self._shards = Shards(work, len(crew.devices))
        self._ledger = Ledger(self._shards.places, sink)
        self._busy: dict[Future[Report], tuple[int, Shard | None]] = {}
        self._idle: list[int] = []
        self._failed_starts: Counter[tuple[int, bool]] = Counter()
        self._restarts = 0
        self._seconds: Counter[str] = Counter()

    def run(self) -> dict[str, float]:
        """Seconds by stage. Raises `HarnessError` where workers cannot even start."""
        try:
            for place in range(min(len(self._crew.devices), len(self._shards.places))):
                self._begin(place)
            while self._busy:
                ended, _ = wait(self._busy, return_when=FIRST_COMPLETED)
                for future in ended:
                    self._ended(future, *self._busy.pop(future))
                self._hand_out()
        finally:
            self._crew.stop()
        return dict(self._seconds)

    def _begin(self, place: int) -> None:
        self._busy[self._crew.begin(place, self._ledger.without(BUILDING))] = place, None

    def _hand_out(self) -> None:
        while self._idle and (shard := self._shards.next()) is not None:
            place = self._idle.pop(0)
            ready = replace(shard, without=self._ledger.without(min(shard.clips, default=0)))
            self._busy[self._crew.submit(place, ready)] = place, shard

    def _ended(self, future: Future[Report], place: int, shard: Shard | None) -> None:
        try:
            report = future.result()
        except Death as death:
            self._buried(place, shard, death)
            return
        self._idle.append(place)
        for number, event in report.events:
            self._ledger.take(number, event)
        self._seconds.update(report.seconds)
        if shard is None:
            self._failed_starts[place, True] = self._failed_starts[place, False] = 0
            self._sink(WorkerBegan(place, report.host, self._crew.devices[place], self._restarts))
            return
        self._ledger.done(self._shards.finished(shard, report.took))

    def _buried(self, place: int, shard: Shard | None, death: Death) -> None:
        self._restarts += 1
        given_up = self._shards.lost(shard, death) if shard else self._not_built(place, death)
        for number, event in given_up:
            self._ledger.take(number, event)
            if isinstance(event, Unreadable):
                self._ledger.done([number])
        self._begin(place)

    def _not_built(self, place: int, death: Death) -> list[tuple[int, Event]]:
        """What a worker that died while it prepared costs. Raises `HarnessError` if that is no plugin's doing."""
        entry = death.entry
        self._failed_starts[place, death.certain] += 1
        if entry is not None and (death.certain or self._failed_starts[place, False] % STARTS == 0):
            cells = [cell for cell in self._work.cells if cell.id in entry.cells]
            return [(BUILDING, failure(cells, death))]
        if self._failed_starts[place, death.certain] >= (STARTS if death.certain else KILLED_STARTS):
            raise HarnessError(f"a worker could not be started: {death}\n{death.log}".strip())
        return []
