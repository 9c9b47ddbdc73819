"""The driver of many workers, whose work is faked by sleeping: rows a second, and where it saturates."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from harness_benchmarks.bench import Bench, Section
from harness_benchmarks.grid import Grid
from harness_benchmarks.sleeping import Sleeper
from harness_benchmarks.streamed import Strict

from harness.contracts import Clip
from harness.planning.cells import Plan
from harness.planning.selecting import Request
from harness.running.context import RunContext, open_context
from harness.running.events import ClipDone, Event, Measured, WorkerBegan
from harness.running.executors.cluster import RayCrew
from harness.running.executors.driving import Crew, Driver
from harness.running.executors.work import Report, Setup, Shard
from harness.running.loop import Work
from harness.running.recorder import Recorder
from harness.running.rows import Row, make_row
from harness.running.store import open_run
from harness.running.workflow import record_start

NODES, PER_NODE = 8, 8
CLIPS = 200_000
METHOD = "bicubic"
STRETCH = 20.0
"""Seconds that a trial with fewer clips is to take if the driver keeps up."""
PACES = (0.1, 0.025)
"""Seconds a clip of one worker; the last is that of all clips."""
CLASSES = 101


@dataclass(frozen=True)
class Trial:
    """What the driver did with some workers."""

    name: str
    clips: int
    rows: int
    seconds: float
    busy: float
    """Processor seconds of the driver for each of the clock's."""
    wanted: float
    """Rows a second that the workers would have made by themselves; infinite if they take no time."""

    @property
    def rate(self) -> float:
        return self.rows / self.seconds

    def line(self) -> list[str]:
        wanted = "as many as it takes" if np.isinf(self.wanted) else f"{self.wanted:,.0f}"
        numbers = f"{self.clips:,}", f"{self.rows:,}", f"{self.seconds:.1f}", wanted, f"{self.rate:,.0f}"
        return [self.name, *numbers, f"{100 * self.busy:.0f} %"]


class _Made:
    """The rows of made-up work."""

    def __init__(self, setup: Setup, pace: float) -> None:
        self._work, self._pace = setup.work, pace
        self._rows = {cell.id: _row(setup.work.plan.clips[0], cell.probe.stream, pace) for cell in setup.work.cells}

    def report(self, places: Sequence[int], seconds: float) -> Report:
        """A row of every cell for every clip."""
        return Report([event for place in places for event in self._events(place)], seconds, host="made up")

    def _events(self, place: int) -> list[tuple[int, Event]]:
        clip, plan = self._work.plan.clips[place], self._work.plan
        rows = [(place, Measured(cell, {**self._rows[cell.id], "clip": clip.id})) for cell in self._work.cells]
        return [*rows, *((place, ClipDone(part.label, self._pace)) for part in plan.methods)]


class Instant:
    """A crew in this process, whose workers take no time. Implements `harness.running.executors.driving.Crew`."""

    def __init__(self, setup: Setup, pace: float) -> None:
        self.devices = ["cpu"] * (NODES * PER_NODE)
        self._pace = pace
        self._made = _Made(setup, pace)

    def begin(self, place: int, without: frozenset[str]) -> Future[Report]:
        return _given(self._made.report((), 0.0))

    def submit(self, place: int, shard: Shard) -> Future[Report]:
        return _given(self._made.report(shard.clips, self._pace * len(shard.clips)))

    def stop(self) -> None: ...


class Sleepers(RayCrew):
    """Sleeping actors on Ray, with everything else as it is; of what they send, rows are made here."""

    def __init__(self, setup: Setup, pace: float) -> None:
        super().__init__(setup, NODES * PER_NODE, {"num_cpus": 1.0}, 600.0, None)
        self._pace = pace
        self._cells = len(setup.work.cells)
        self._made = _Made(setup, pace)

    def begin(self, place: int, without: frozenset[str]) -> Future[Report]:
        import ray

        actor = ray.remote(num_cpus=1, max_restarts=0)(Sleeper).remote(self._pace, self._cells, CLASSES)
        self._actors[place] = actor
        return self._reported(actor.prepare.remote(), place)

    def submit(self, place: int, shard: Shard) -> Future[Report]:
        return self._reported(self._actors[place].compute.remote(shard.clips), place)

    def _reported(self, reference: Any, place: int) -> Future[Report]:
        found = Future[Report]()
        answer: Future[Any] = self._answer(reference, place, 600.0)
        answer.add_done_callback(lambda done: self._hand_over(done, found))
        return found

    def _hand_over(self, done: Future[Any], found: Future[Report]) -> None:
        if error := done.exception():
            found.set_exception(error)
            return
        places, _, seconds = done.result() or ((), [], 0.0)
        found.set_result(self._made.report(places, seconds))


def measure(bench: Bench, clips: int = CLIPS, paces: Sequence[float] = PACES) -> Section:
    """Rows a second without a network between, and with actors of Ray, more and more of them a second."""
    workers = NODES * PER_NODE
    context = _context(bench, clips)
    few = max(workers, int(STRETCH / paces[-1] * workers)) if clips == CLIPS else clips
    trials = [_trial(bench, context, "workers that take no time, in this process", few, 0.0, Instant, 0.05)]
    with ExitStack() as open_clusters:
        if paces and _cluster(bench, open_clusters):
            for pace in paces:
                number = clips if pace == paces[-1] else min(clips, int(STRETCH / pace * workers))
                name = f"{workers} workers on Ray, {pace:g} s a clip"
                trials.append(_trial(bench, context, name, number, workers / pace, Sleepers, pace))
    return _section(trials, len(context.plan.cells))


def _context(bench: Bench, clips: int) -> RunContext:
    """A run over clips that do not exist."""
    benchmark = bench.benchmark.model_copy(update={"probes": ["psnr_y"]})
    context = open_context(Request(benchmark, METHOD, data=bench.data, recognizer="tsn", limit=12), bench.registry)
    one = context.plan.clips[0]
    made = [replace(one, id=f"clip-{number:06d}") for number in range(clips)]
    cells = [cell for cell in context.plan.cells if cell.label == METHOD]
    plan = replace(context.plan, clips=made, cells=cells, methods=[cells[0].method])
    return RunContext(plan, context.dataset, context.device)


def _trial(
    bench: Bench, context: RunContext, name: str, clips: int, wanted: float, crew: Callable[[Setup, float], Crew],
    pace: float,
) -> Trial:  # fmt: skip
    bench.say(f"{name}: starting")
    plan = replace(context.plan, clips=context.plan.clips[:clips])
    context = RunContext(plan, context.dataset, context.device)
    with open_run(bench.new_folder()) as folder:
        record_start(context, Request(plan.benchmark, METHOD), folder)
        recorder = Recorder(plan, folder, bench.registry, Strict())
        work = Work(plan, plan.cells, recorder.begin(plan.cells, "cpu"))
        watch = _Watch(bench, recorder, name, clips * len(plan.cells))
        Driver(work, crew(Setup.of(work, context), pace), watch.take).run()
        return watch.trial(plan, wanted * len(plan.cells) if wanted else float("inf"))


class _Watch:
    """Hands events on, and counts from when the last worker has begun."""

    def __init__(self, bench: Bench, recorder: Recorder, name: str, rows: int) -> None:
        self._bench, self._recorder, self._name, self._total = bench, recorder, name, rows
        self._rows = self._before = 0
        self._start = self._spent = 0.0

    def take(self, event: Event) -> None:
        if isinstance(event, WorkerBegan):
            self._start, self._spent, self._before = time.perf_counter(), time.process_time(), self._rows
        self._recorder.take(event)
        if isinstance(event, Measured):
            self._rows += 1
            if self._rows % 10_000 == 0:
                self._bench.say(f"{self._name}: {self._rows:,} of {self._total:,} rows")

    def trial(self, plan: Plan, wanted: float) -> Trial:
        seconds = time.perf_counter() - self._start
        busy = (time.process_time() - self._spent) / seconds
        return Trial(self._name, len(plan.clips), self._rows - self._before, seconds, busy, wanted)


def _cluster(bench: Bench, open_clusters: ExitStack) -> bool:
    """Start Ray as a cluster of several nodes on this machine; False without Ray."""
    try:
        import ray
        from ray.cluster_utils import Cluster
    except ImportError:
        return False
    bench.say(f"starting Ray with {NODES} nodes")
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    open_clusters.callback(cluster.shutdown)
    for _ in range(NODES):
        cluster.add_node(num_cpus=PER_NODE)
    ray.init(address=cluster.address, log_to_driver=False, logging_level="error")
    open_clusters.callback(ray.shutdown)
    return True


def _row(clip: Clip, stream: str | None, pace: float) -> Row:
    if stream is None:
        return make_row(clip, {"psnr_y": 30.0}, {}, pace)
    return make_row(clip, {}, {"scores": np.linspace(-5, 5, CLASSES, dtype=np.float32)}, pace)


def _given(report: Report) -> Future[Report]:
    future = Future[Report]()
    future.set_result(report)
    return future


def _section(trials: Sequence[Trial], cells: int) -> Section:
    columns = ["", "clips", "rows", "seconds", "rows/s wanted", "rows/s", "driver busy"]
    grid = Grid(f"The driver: made-up work, {cells} cells", columns, [trial.line() for trial in trials])
    lines = [f"It writes at most {max(trial.rate for trial in trials):,.0f} rows a second here."]
    if len(trials) == 1:
        lines.append("Workers on Ray were left out; they need the extra `cluster`.")
    facts = {"cells": cells, "trials": [{**vars(trial), "rate": trial.rate} for trial in trials]}
    return Section("driver", [grid], lines, facts)
