"""What a run has before it: the clips that each method has yet to see, and how long they may take."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.contracts import Progress
from harness.planning.cells import Cell, Plan
from harness.running.context import RunContext
from harness.running.events import ClipDone, Failed, Unreadable
from harness.running.loop import ClipLoop, Work
from harness.running.store import RunFolder


@dataclass(frozen=True)
class Timed:
    """One method: `clips` to do, `seconds` for one of them (restoring it, and what its probes take)."""

    method: str
    clips: int
    seconds: float

    @property
    def total(self) -> float:
        """Seconds for all of its clips."""
        return self.clips * self.seconds


@dataclass(frozen=True)
class Forecast:
    """A run's duration from one clip. `shared` is what a clip takes for all methods at once: decoding, degrading."""

    methods: Sequence[Timed]
    shared: Timed
    failures: Mapping[str, str]
    """Why a method could not be timed, by its label."""

    @property
    def total(self) -> float:
        """Seconds for everything that could be timed."""
        return sum(each.total for each in (*self.methods, self.shared))


def clips_to_do(plan: Plan, pending: Sequence[Cell], folder: RunFolder | None) -> dict[str, int]:
    """Clips that each method has yet to see; a clip counts until the last of the method's cells has seen it."""
    left: Counter[str] = Counter()
    for cell in pending:
        done = len(folder.cell(cell.id).rows()) if folder else 0
        for part in cell.methods:
            left[part.label] = max(left[part.label], len(plan.clips) - done)
    return dict(left)


def forecast(context: RunContext, pending: Sequence[Cell], todo: Mapping[str, int], progress: Progress) -> Forecast:
    """Take one clip through every method and every probe that are waiting, after one to warm up; nothing is kept.

    `progress` counts methods, each once a clip.
    """
    loop = ClipLoop(Work(context.plan, pending, {}), context)
    *warm, timed = context.plan.clips[1:3] or context.plan.clips[:1]
    failures: dict[str, str] = {}
    seconds: dict[str, float] = {}
    done, total = 0, (len(warm) + 1) * len(todo)
    for event in loop.run(warm):
        failures |= _failed(event)
        done += isinstance(event, ClipDone)
        progress(done, total)
    start = time.perf_counter()
    for event in loop.see(timed):
        failures |= _failed(event)
        if isinstance(event, ClipDone):
            seconds[event.method] = event.seconds
            progress(done + len(seconds), total)
    shared = max(0.0, time.perf_counter() - start - sum(seconds.values()))
    methods = [Timed(name, todo[name], took) for name, took in seconds.items() if name not in failures]
    return Forecast(methods, Timed("", max(todo.values(), default=0), shared), failures)


def _failed(event: object) -> dict[str, str]:
    if not isinstance(event, Failed | Unreadable):
        return {}
    return {part.label: event.reason for cell in event.cells for part in cell.methods}
