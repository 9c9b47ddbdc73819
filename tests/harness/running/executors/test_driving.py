"""The driver with workers in this process that die at random: the same table whatever happens in which order."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.planning.benchmark import Benchmark
from harness.planning.selecting import Request
from harness.registry import Registry
from harness.running.context import RunContext, open_context
from harness.running.events import Event, Failed, Measured
from harness.running.executors.base import Sink
from harness.running.executors.driving import Driver
from harness.running.executors.journal import Entry
from harness.running.executors.shards import TRIES
from harness.running.executors.work import Death, Report, Setup, Shard
from harness.running.executors.worker import Worker
from harness.running.loop import Work
from harness.running.reading import load_run
from harness.specs import ExecutorSpec

one_at_a_time = threading.Lock()
"""What plugins may change is the process's, in which all workers are here."""


class Doomed:
    """A crew in this process, whose workers die as `fate` says, after they have done their work."""

    def __init__(self, setup: Any, workers: int, fate: Callable[[Worker, Shard | None], Death | None]) -> None:
        self.devices = ["cpu"] * workers
        self.setup, self.fate = setup, fate
        self.workers: dict[int, Worker] = {}
        self.threads = ThreadPoolExecutor(workers)

    def begin(self, place: int, without: frozenset[str]) -> Future[Report]:
        return self.threads.submit(self._begin, place, without)

    def submit(self, place: int, shard: Shard) -> Future[Report]:
        return self.threads.submit(self._compute, place, shard)

    def stop(self) -> None:
        self.threads.shutdown()

    def _begin(self, place: int, without: frozenset[str]) -> Report:
        with one_at_a_time:
            worker = self.workers[place] = Worker(self.setup)
            return self._alive(worker, None, worker.prepare(without))

    def _compute(self, place: int, shard: Shard) -> Report:
        with one_at_a_time:
            return self._alive(self.workers[place], shard, self.workers[place].compute(shard))

    def _alive(self, worker: Worker, shard: Shard | None, report: Report) -> Report:
        if death := self.fate(worker, shard):
            raise death
        return report


class InThreads:
    """An executor that tests give a number of workers and a fate."""

    workers = 1
    fate: Callable[[Worker, Shard | None], Death | None] = staticmethod(lambda worker, shard: None)
    deaths = 0

    def run(self, work: Work, context: RunContext, sink: Sink) -> dict[str, float]:
        def fate(worker: Worker, shard: Shard | None) -> Death | None:
            death = type(self).fate(worker, shard)
            InThreads.deaths += death is not None
            return death

        return Driver(work, Doomed(Setup.of(work, context), self.workers, fate), sink).run()


@pytest.fixture
def executor(misbehaving: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    specs = misbehaving._specs[ExecutorSpec]
    monkeypatch.setitem(specs, "threads", ExecutorSpec("threads", "in threads", f"{__name__}:InThreads"))
    monkeypatch.setitem(misbehaving.owners, (ExecutorSpec, "threads"), "builtin")
    monkeypatch.setattr("harness.planning.building.resolve_import", _resolve)

    def choose(workers: int, fate: Callable[[Worker, Shard | None], Death | None] | None = None) -> str:
        monkeypatch.setattr(InThreads, "workers", workers)
        monkeypatch.setattr(InThreads, "deaths", 0)
        monkeypatch.setattr(InThreads, "fate", staticmethod(fate or (lambda worker, shard: None)))
        return "threads"

    return choose


def _resolve(target: str) -> Any:
    from harness.imports import resolve_import

    return InThreads if target.endswith(":InThreads") else resolve_import(target)


@pytest.fixture
def request_of(small: Benchmark, made_clips: Callable[..., Path]) -> Callable[..., Request]:
    data = made_clips(classes=4, per_class=3, frames=5)
    benchmark = small.model_copy(update={"probes": ["psnr_y", "fragile"]})
    # from the middle of the clips on, by brightness, one method fails and another returns nonsense
    sr = "nearest,drawing,bad:deed=BaseException,brightness=0.49,bad:result=uint8,brightness=0.5"
    return lambda executor: Request(benchmark, sr=sr, data=data, executor=executor)


def killed() -> Callable[[object, Shard | None], Death | None]:
    """Half of all shards are lost at first, and none so often that somebody would be blamed for it."""
    often = Counter[object]()

    def fate(worker: object, shard: Shard | None) -> Death | None:
        clips = shard.clips if shard else ()
        if not clips or random.random() < 0.5 or any(often[clip] == TRIES - 1 for clip in clips):
            return None
        often.update(clips)
        return Death("killed", certain=False)

    return fate


@dataclass
class Pretending:
    """A crew that computes nothing: of all cells but the first, which fails with some clips, it has a row a clip."""

    work: Work
    devices: list[str]
    failing: set[int]
    fate: Callable[[object, Shard | None], Death | None]

    def begin(self, place: int, without: frozenset[str]) -> Future[Report]:
        return self._answer(None, [])

    def submit(self, place: int, shard: Shard) -> Future[Report]:
        found: list[tuple[int, Event]] = []
        failed = set(shard.without)
        for place in shard.clips:
            clip = self.work.plan.clips[place]
            for number, cell in enumerate(self.work.cells):
                if cell.id in failed or (shard.only is not None and cell.id not in shard.only):
                    continue
                if number == 0 and place in self.failing:
                    failed.add(cell.id)
                    found.append((place, Failed([cell], clip.id, "")))
                else:
                    found.append((place, Measured(cell, {"clip": clip.id})))
        return self._answer(shard, found)

    def stop(self) -> None: ...

    def _answer(self, shard: Shard | None, found: list[tuple[int, Event]]) -> Future[Report]:
        future = Future[Report]()
        if death := self.fate(None, shard):
            future.set_exception(death)
        else:
            future.set_result(Report(found, took=random.random()))
        return future


def test_hundreds_of_deaths_change_no_row_and_no_reason(
    tmp_path: Path, small: Benchmark, misbehaving: Registry, made_clips: Callable[..., Path]
) -> None:
    plan = open_context(Request(small, sr="nearest", data=made_clips(classes=5, per_class=3)), misbehaving).plan
    work = Work(plan, plan.cells, {plan.cells[1].id: frozenset({"clip_3"})})
    for failing in ({4, 9, 11}, {0}, set[int]()):
        for workers in range(1, 11):
            told: list[Event] = []
            Driver(work, Pretending(work, ["cpu"] * workers, failing, killed()), told.append).run()
            rows = Counter((event.cell.id, event.row["clip"]) for event in told if isinstance(event, Measured))
            failures = [event for event in told if isinstance(event, Failed)]
            assert [event.reason for event in failures] == [f"clip_{place}" for place in sorted(failing)[:1]]
            for number, cell in enumerate(work.cells):
                seen = {clip for known, clip in rows if known == cell.id}
                upto = min(failing, default=15) if number == 0 else 15
                assert {f"clip_{n}" for n in range(upto)} <= seen
            assert set(rows.values()) == {1}


def test_the_table_is_the_same_for_any_number_of_workers_and_deaths(
    tmp_path: Path, request_of: Callable[..., Request], executor: Callable[..., str], do_run: Callable[..., Any],
    board_of: Callable[[Path], Any],
) -> None:  # fmt: skip
    do_run(request_of("inprocess"), tmp_path / "alone")
    expected = board_of(tmp_path / "alone")
    reasons = load_run(tmp_path / "alone").cells.set_index("cell")["reason"].to_dict()
    assert any("clip clip_" in str(reason) for reason in reasons.values()), "some fail, and not with the first clip"
    for workers in (1, 2, 4):
        do_run(request_of(executor(workers)), tmp_path / f"{workers}")
        assert board_of(tmp_path / f"{workers}") == expected
        assert load_run(tmp_path / f"{workers}").cells.set_index("cell")["reason"].to_dict() == reasons
    do_run(request_of(executor(3, killed())), tmp_path / "killed")
    assert board_of(tmp_path / "killed") == expected and InThreads.deaths > 5


def test_a_run_that_was_stopped_is_resumed_by_another_executor(
    tmp_path: Path, request_of: Callable[..., Request], executor: Callable[..., str], do_run: Callable[..., Any],
    board_of: Callable[[Path], Any],
) -> None:  # fmt: skip
    do_run(request_of("inprocess"), tmp_path / "alone")
    shards = iter(range(100))

    def stop(worker: Worker, shard: Shard | None) -> Death | None:
        if shard and next(shards) == 3:
            raise KeyboardInterrupt
        return None

    with pytest.raises(KeyboardInterrupt):
        do_run(request_of(executor(2, stop)), tmp_path / "run")
    do_run(request_of("inprocess"), tmp_path / "run")
    assert board_of(tmp_path / "run") == board_of(tmp_path / "alone")


@pytest.mark.parametrize("known", [True, False])
def test_a_method_over_which_workers_die_fails_with_that_clip_and_the_others_go_on(
    tmp_path: Path, request_of: Callable[..., Request], executor: Callable[..., str], do_run: Callable[..., Any],
    known: bool,
) -> None:  # fmt: skip
    """With a journal it is known over which; without one, pieces of the work show it."""

    def fate(worker: Worker, shard: Shard | None) -> Death | None:
        doomed = [live.cell.id for live in worker._loop.live if not live.failed and live.cell.label == "nearest"]
        if shard is None or 2 not in shard.clips or not doomed:
            return None
        return Death("struck by lightning", certain=True, entry=Entry("clip_2", tuple(doomed)) if known else None)

    do_run(request_of(executor(2, fate)), tmp_path / "run")
    cells = load_run(tmp_path / "run").cells
    hit = cells["method"] == "nearest"
    assert set(cells[hit]["reason"]) == {"clip clip_2: struck by lightning"}
    assert set(cells[cells["method"].isin(["hr", "bicubic", "drawing"])]["status"]) == {"ok"}


def test_a_clip_over_whose_reading_workers_die_counts_as_unreadable(
    tmp_path: Path, request_of: Callable[..., Request], executor: Callable[..., str], do_run: Callable[..., Any]
) -> None:
    def fate(worker: Worker, shard: Shard | None) -> Death | None:
        if shard is None or 2 not in shard.clips:
            return None
        cells = tuple(live.cell.id for live in worker._loop.live)
        return Death("struck by lightning", certain=True, entry=Entry("clip_2", cells, reading=True))

    do_run(request_of(executor(2, fate)), tmp_path / "run")
    reasons = load_run(tmp_path / "run").cells.set_index("method")["reason"]
    assert reasons["bicubic"].str.startswith("1 of 12 clips unreadable; first: clip_2: struck by lightning").all()


def test_workers_that_cannot_start_stop_the_run(
    tmp_path: Path, request_of: Callable[..., Request], executor: Callable[..., str], do_run: Callable[..., Any]
) -> None:
    def fate(worker: Worker, shard: Shard | None) -> Death | None:
        return Death("no room", certain=True, log="it said so")

    with pytest.raises(HarnessError, match="a worker could not be started: no room\nit said so"):
        do_run(request_of(executor(2, fate)), tmp_path / "run")
