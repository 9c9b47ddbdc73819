"""Events of many workers, brought into the order that a run without workers would leave behind.

Workers are through with clips in any order, and several build the same things. What is recorded does not depend on
that: a cell fails with the first of its clips, in the order of the plan, with which it fails, and is told so once all
clips before are done.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.running.events import Built, Event, Failed, Loading, Measured, Remarked, Unreadable
from harness.running.executors.base import Sink

BUILDING = -1
"""The place of what happens while things are built, before the first clip."""


class Ledger:
    """Takes events with the places of their clips, and hands on to `sink` what is to be recorded."""

    def __init__(self, places: Iterable[int], sink: Sink) -> None:
        self._left = sorted(places, reverse=True)
        """Places of the clips that are not done, the next one last."""
        self._done: set[int] = set()
        self._sink = sink
        self._failures: dict[str, tuple[int, Failed]] = {}
        """By cell, the first clip and how it failed."""
        self._told: set[str] = set()
        """Cells whose failure was handed on."""
        self._known: set[object] = set()

    def take(self, place: int, event: Event) -> None:
        """Hand on an event, or keep it until it is certain."""
        match event:
            case Failed(cells, reason, log):
                for cell in cells:
                    known = self._failures.get(cell.id)
                    if cell.id not in self._told and (known is None or place < known[0]):
                        self._failures[cell.id] = place, Failed([cell], reason, log)
            case Measured(cell, _):
                if not self._has_failed(cell.id, place):
                    self._sink(event)
            case Unreadable(cells, clip, reason):
                self._sink(Unreadable([c for c in cells if not self._has_failed(c.id, place)], clip, reason))
            case Loading(what):
                self._once(what, event)
            case Built(cells, _):
                self._once(("built", tuple(cell.id for cell in cells)), event)
            case Remarked(cells, method, remark):
                new = [cell for cell in cells if cell.id not in self._told]
                self._once((method, remark, tuple(cell.id for cell in new)), Remarked(new, method, remark))
            case _:
                self._sink(event)
        self._settle()

    def done(self, places: Iterable[int]) -> None:
        """These clips are through."""
        self._done.update(places)
        while self._left and self._left[-1] in self._done:
            self._done.remove(self._left.pop())
        self._settle()

    def without(self, place: int) -> frozenset[str]:
        """The cells that have failed with this clip or before it."""
        return frozenset(cell for cell, (first, _) in self._failures.items() if first <= place)

    def _has_failed(self, cell: str, place: int) -> bool:
        return cell in self._told or (cell in self._failures and self._failures[cell][0] < place)

    def _settle(self) -> None:
        """Tell of the failures before which no clip is left."""
        certain = self._left[-1] if self._left else float("inf")
        for cell, (place, failed) in self._failures.items():
            if place <= certain and cell not in self._told:
                self._told.add(cell)
                self._sink(failed)

    def _once(self, key: object, event: Event) -> None:
        if key not in self._known:
            self._known.add(key)
            self._sink(event)
