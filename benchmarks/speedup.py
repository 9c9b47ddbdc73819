"""What workers gain and cost on `mini-2`: in this process, one worker beside it, two; and what the guard takes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from harness_benchmarks.bench import Bench, Section
from harness_benchmarks.grid import Grid
from harness_benchmarks.streamed import Strict

from harness.planning.selecting import Request
from harness.running import guarding
from harness.running.context import open_context
from harness.running.events import Event, WorkerBegan
from harness.running.executors.base import Executor
from harness.running.executors.processes import Processes
from harness.running.loop import ClipLoop, Work
from harness.running.recorder import Recorder
from harness.running.store import open_run
from harness.running.workflow import record_start

ALONE, ONE, TWO = "in process", "1 worker", "2 workers"
GAIN, COST, GUARD = 1.85, 1.05, 0.01
"""Goals: two workers over one, one worker over none, the guard's part of the time."""


class Clocked:
    """An executor whose seconds are counted from when everything is built, in whichever process."""

    def __init__(self, executor: Executor | None) -> None:
        self._executor = executor
        self._ready: list[float] = []
        self._sink: Any = None

    def seconds(self, work: Work, context: Any, recorder: Recorder) -> float:
        """Take the work through the executor, or through this process, and record it."""
        self._sink = recorder.take
        if self._executor is not None:
            self._executor.run(work, context, self._take)
        else:
            loop = ClipLoop(work, context)
            for event in loop.prepare():
                recorder.take(event)
            self._ready.append(time.perf_counter())
            for _, event in loop.take(work.plan.clips):
                recorder.take(event)
        return time.perf_counter() - statistics.mean(self._ready)

    def _take(self, event: Event) -> None:
        if isinstance(event, WorkerBegan):
            self._ready.append(time.perf_counter())
        self._sink(event)


class GuardClock:
    """Seconds and calls inside the guard's own code, without what it guards."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.calls = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count while in this block."""
        enter, leave = guarding.guarded.__enter__, guarding.guarded.__exit__

        def timed_enter(guard: guarding.guarded) -> None:
            start = time.perf_counter()
            enter(guard)
            self.seconds += time.perf_counter() - start
            self.calls += 1

        def timed_leave(guard: guarding.guarded, *error: Any) -> None:
            start = time.perf_counter()
            try:
                leave(guard, *error)
            finally:
                self.seconds += time.perf_counter() - start

        guarding.guarded.__enter__, guarding.guarded.__exit__ = timed_enter, timed_leave  # type: ignore[method-assign]
        try:
            yield
        finally:
            guarding.guarded.__enter__, guarding.guarded.__exit__ = enter, leave  # type: ignore[method-assign]


def measure(bench: Bench, sr: str, clips: int, rounds: int) -> Section:
    """Seconds for the clips, in turns; the median of some rounds, and the ratios of medians."""
    request = Request(bench.benchmark, sr, data=bench.data, recognizer="tsn", limit=clips, device=bench.device)
    seconds: dict[str, list[float]] = {ALONE: [], ONE: [], TWO: []}
    guard = GuardClock()
    names = list(seconds)
    for turn in range(rounds):
        for name in names if turn % 2 == 0 else reversed(names):
            bench.say(f"round {turn + 1} of {rounds}: {name}")
            if name == ALONE:
                with guard.running():
                    seconds[name].append(_timed(bench, request, None))
            else:
                seconds[name].append(_timed(bench, request, Processes(workers=1 if name == ONE else 2)))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    share = guard.seconds / sum(seconds[ALONE])
    return _section(sr, clips, seconds, medians, share, guard.calls // rounds)


def _timed(bench: Bench, request: Request, executor: Executor | None) -> float:
    context = open_context(request, bench.registry)
    with open_run(bench.new_folder()) as folder:
        record_start(context, request, folder)
        recorder = Recorder(context.plan, folder, bench.registry, Strict())
        cells = [cell for cell in context.plan.cells if not cell.skipped]
        context.logs = Path(folder.path) / "logs"
        work = Work(context.plan, cells, recorder.begin(cells, str(context.device)))
        seconds = Clocked(executor).seconds(work, context, recorder)
        recorder.finish()
    return seconds


def _section(
    sr: str, clips: int, seconds: dict[str, list[float]], medians: dict[str, float], share: float, calls: int
) -> Section:
    gain, cost = medians[ONE] / medians[TWO], medians[ONE] / medians[ALONE]
    rows = [
        [name, f"{medians[name]:.1f}", " ".join(f"{value:.1f}" for value in values), f"{clips / medians[name]:.2f}"]
        for name, values in seconds.items()
    ]
    title = f"Workers: {clips} clips of mini-2, {sr}, tsn; one thread each, from when everything is built"
    lines = [
        f"Two workers do in one second what one does in {gain:.2f}; the goal is {GAIN}: {_met(gain >= GAIN)}.",
        f"One worker takes {cost:.3f} times what this process takes by itself; the goal is at most {COST}: "
        f"{_met(cost <= COST)}.",
        f"The guard around calls into plugins takes {100 * share:.2f} % of the time, in {calls:,} calls; the goal is "
        f"at most {100 * GUARD:.0f} %: {_met(share <= GUARD)}.",
    ]
    facts = {
        "clips": clips, "methods": sr, "threads": torch.get_num_threads(), "seconds": seconds, "gain_of_two": gain,
        "cost_of_one": cost, "guard_share": share, "guard_calls": calls,
    }  # fmt: skip
    grid = Grid(title, ["", "seconds, median", "every round", "clips/s"], rows)
    return Section("workers", [grid], lines, facts)


def _met(met: bool) -> str:
    return "met" if met else "not met"
