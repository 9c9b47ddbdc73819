"""Worker processes on this machine, one for each place, which are replaced when they die.

They are `multiprocessing`'s, spawned, each with a pipe of its own: whatever ends one (a signal, an exit of status 0, a
message that is cut off) is noticed, and harms neither another nor its successor.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.running.context import RunContext
from harness.running.executors.base import Sink
from harness.running.executors.driving import Driver
from harness.running.executors.journal import Journal, last_entry
from harness.running.executors.lifeline import MEMORY_EXIT, print_to, watch
from harness.running.executors.shards import time_limit
from harness.running.executors.work import Death, Report, Setup, Shard
from harness.running.executors.worker import Worker, cores
from harness.running.loop import Work

LOOK_EVERY = 0.2
"""Seconds between two looks at whether a process is alive."""
START_SECONDS = 600.0
"""What loading libraries and building everything may take."""
LOG_LINES = 60
"""Of a dead worker's log that are kept with the failure."""
ABORT_SECONDS = 2.0
"""What a worker that hangs gets to write down where."""


class Processes:
    """The executor ``--workers``: `workers` in all, or one for each of `devices`, which are separated by commas."""

    def __init__(
        self, *, workers: int = 0, devices: str = "", clip_timeout: float = 600.0, worker_memory: float = 0.0
    ) -> None:
        named = [device.strip() for device in devices.split(",") if device.strip()]
        if workers < 0 or clip_timeout <= 0 or worker_memory < 0:
            raise UsageError("workers: their number, their time and their memory are positive numbers")
        self.devices = [named[n % len(named)] if named else "" for n in range(workers or len(named) or 1)]
        self.clip_timeout = clip_timeout
        self.worker_memory = worker_memory

    def run(self, work: Work, context: RunContext, sink: Sink) -> dict[str, float]:
        devices = [device or str(context.device) for device in self.devices]
        threads = None if "OMP_NUM_THREADS" in os.environ else max(1, cores() // len(devices))
        setup = replace(Setup.of(work, context), threads=threads, memory=self.worker_memory * 1e9)
        with tempfile.TemporaryDirectory(prefix="harness-workers-") as folder:
            crew = ProcessCrew(setup, devices, self.clip_timeout, Path(folder), context.logs)
            return Driver(work, crew, sink).run()


class ProcessCrew:
    """Processes of this machine. Implements `harness.running.executors.driving.Crew`."""

    def __init__(
        self, setup: Setup, devices: Sequence[str], clip_timeout: float, journals: Path, logs: Path | None
    ) -> None:
        self.devices = devices
        self._setup = setup
        self._limit = clip_timeout
        self._journals = journals
        self._logs = logs or journals
        self._logs.mkdir(parents=True, exist_ok=True)
        self._processes: dict[int, WorkerProcess] = {}
        # a thread waits for each process
        self._threads = ThreadPoolExecutor(len(devices))

    def begin(self, place: int, without: frozenset[str]) -> Future[Report]:
        process = WorkerProcess(
            replace(self._setup, device=self.devices[place]),
            self._journals / f"{place}.json",
            self._logs / f"{place}.log",
        )
        self._processes[place] = process
        return self._threads.submit(process.ask, without, max(START_SECONDS, self._limit))

    def submit(self, place: int, shard: Shard) -> Future[Report]:
        limit = time_limit(shard, self._limit)
        return self._threads.submit(self._processes[place].ask, shard, limit)

    def stop(self) -> None:
        for process in self._processes.values():
            process.kill()
        self._threads.shutdown()


class WorkerProcess:
    """One process with a worker in it, a journal of what it does, and a file for what it prints."""

    def __init__(self, setup: Setup, journal: Path, log: Path) -> None:
        spawning = multiprocessing.get_context("spawn")
        self._journal = journal
        self._log = log
        self._memory = setup.memory
        self._pipe, there = spawning.Pipe()
        self._process = spawning.Process(target=serve, args=(there, setup, journal, log), name="harness worker")
        journal.unlink(missing_ok=True)
        self._process.start()
        there.close()

    def ask(self, task: object, limit: float) -> Report:
        """Hand over a task and wait for the answer. Raises `Death`, and what the worker raised."""
        try:
            self._pipe.send(task)
            answer = self._answer(time.monotonic() + limit)
        except TimeoutError:
            self._abort()
            raise self._death(f"took longer than {limit:g} s (--clip-timeout)", certain=True) from None
        except (EOFError, OSError):
            self._process.join()
            raise self._death(self._how_it_ended(), certain=self._process.exitcode != -signal.SIGKILL) from None
        if isinstance(answer, BaseException):
            raise answer
        assert isinstance(answer, Report)
        return answer

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.join()

    def _abort(self) -> None:
        """End it, and have it say in its log where it was."""
        with suppress(ProcessLookupError):
            os.kill(self._process.pid or 0, signal.SIGABRT)
        self._process.join(ABORT_SECONDS)
        self.kill()

    def _answer(self, until: float) -> Any:
        while not self._pipe.poll(LOOK_EVERY):
            if time.monotonic() > until:
                raise TimeoutError
            # what it forked may hold the pipe open
            if not self._process.is_alive() and not self._pipe.poll():
                raise EOFError
        return self._pipe.recv()

    def _how_it_ended(self) -> str:
        status = self._process.exitcode or 0
        if status == MEMORY_EXIT:
            return f"its worker process took more than {self._memory / 1e9:g} GB of memory (--worker-memory)"
        if status < 0:
            return f"its worker process was ended by {signal.Signals(-status).name}"
        return f"its worker process ended with exit status {status}"

    def _death(self, reason: str, *, certain: bool) -> Death:
        lines: list[str] = []
        with suppress(OSError):
            lines = self._log.read_text("utf-8", errors="replace").splitlines()
        return Death(reason, certain=certain, entry=last_entry(self._journal), log="\n".join(lines[-LOG_LINES:]))


def serve(pipe: Connection, setup: Setup, journal: Path, log: Path) -> None:
    """What a worker process does: build what it is told to, then answer, until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's business
    print_to(log)
    watch(setup.memory)
    note = Journal(journal)
    worker: Worker | None = None
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        try:
            if worker is None:
                worker = Worker(setup, note)
            answer: Report | Exception = worker.compute(task) if isinstance(task, Shard) else worker.prepare(task)
        except Exception as error:  # raised again by the driver
            answer = error
        note.clear()
        pipe.send(answer)
