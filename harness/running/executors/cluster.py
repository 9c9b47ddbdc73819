"""Workers on Ray: on this machine, or on every node of a cluster. Needs the extra ``cluster``.

Each worker is an actor that keeps its networks. Clips travel as paths, or, if they are shipped, as the bytes of their
files; what comes back are rows. An actor that is lost, with its node or without, is replaced, and its shard done again.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.datasets.digests import files_of
from harness.errors import HarnessError, UsageError
from harness.running.context import RunContext
from harness.running.executors.base import Sink
from harness.running.executors.driving import Driver
from harness.running.executors.shards import time_limit
from harness.running.executors.work import Death, Report, Setup, Shard
from harness.running.executors.worker import Worker
from harness.running.loop import Work

if TYPE_CHECKING:
    import ray

INSTALL = 'Ray is not installed; install it with: pip install "harness-sr[cluster]"'
START_SECONDS = 600.0
"""What a worker may take for being placed, for loading libraries and for building everything."""
LOOK_EVERY = 0.5
"""Seconds between two looks at what takes too long."""
KEPT_ENDS = 100
"""Bytes of a worker's output in a report, in thousands."""


class OnRay:
    """The executor ``ray``: starts Ray here, or joins the cluster at `address` (``auto``, or ``ray://HOST:10001``).

    `workers` in all; 0 is as many as there is room for. Each takes `num_cpus` and `num_gpus`, which may be fractions.
    `data` is the folder of the data set on the nodes, if it is another than here. Raises `UsageError` without Ray.
    """

    def __init__(
        self, *, address: str = "", workers: int = 0, num_cpus: float = 1.0, num_gpus: float = 0.0, data: str = "",
        ship_clips: bool = False, clip_timeout: float = 600.0, worker_memory: float = 0.0,
    ) -> None:  # fmt: skip
        if workers < 0 or num_cpus < 0 or num_gpus < 0 or clip_timeout <= 0 or num_cpus + num_gpus == 0:
            raise UsageError("ray: workers, their CPUs or GPUs and their time are positive numbers")
        self.address = address
        self.workers = workers
        self.share = {"num_cpus": num_cpus, "num_gpus": num_gpus}
        self.data = Path(data) if data else None
        self.ship_clips = ship_clips
        self.clip_timeout = clip_timeout
        self.memory = worker_memory * 1e9

    def run(self, work: Work, context: RunContext, sink: Sink) -> dict[str, float]:
        connected = connect(self.address)
        try:
            threads = max(1, int(self.share["num_cpus"])) if "OMP_NUM_THREADS" not in os.environ else None
            setup = replace(
                Setup.of(work, context), device="cuda" if self.share["num_gpus"] else str(context.device),
                threads=threads, memory=self.memory, data=self.data or context.data, digest=not self.ship_clips,
                dataset=context.dataset if self.ship_clips else None,
            )  # fmt: skip
            crew = RayCrew(setup, self.workers or room(self.share), self.share, self.clip_timeout, context.logs)
            return Driver(work, crew, sink).run()
        finally:
            if connected:
                _ray().shutdown()


def connect(address: str) -> bool:
    """Start Ray here, or join a cluster; False if this process had done so. Raises `HarnessError` if that fails."""
    ray = _ray()
    if ray.is_initialized():
        return False
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        ray.init(address=address or "local", log_to_driver=False, logging_level="error")
    except (ConnectionError, RuntimeError, ValueError) as error:
        where = f"the cluster at {address}" if address else "Ray on this machine"
        raise HarnessError(f"{where} cannot be reached: {error}; start it with: ray start --head") from error
    return True


def room(share: dict[str, float]) -> int:
    """How many workers of this share fit. Raises `UsageError` if none does."""
    there = _ray().cluster_resources()
    known = {"num_cpus": there.get("CPU", 0.0), "num_gpus": there.get("GPU", 0.0)}
    fits = min(int(known[name] / each + 1e-6) for name, each in share.items() if each)
    if not fits:
        raise UsageError(f"ray: no worker fits: {known} in all, {share} for each; give ray:num_cpus or num_gpus less")
    return fits


class RayCrew:
    """Actors of Ray. Implements `harness.running.executors.driving.Crew`."""

    def __init__(
        self, setup: Setup, workers: int, share: dict[str, float], clip_timeout: float, logs: Path | None
    ) -> None:
        self.devices: Sequence[str] = [setup.device] * workers
        self._setup = _ray().put(setup)
        self._clips = setup.work.plan.clips
        self._ship = setup.dataset is not None
        self._share = share
        self._limit = clip_timeout
        self._logs = logs
        self._actors: dict[int, Any] = {}
        self._due: dict[Future[Any], tuple[float, int]] = {}
        """When what is asked of an actor must be answered."""
        self._late: set[Future[Any]] = set()
        self._over = threading.Event()
        threading.Thread(target=self._end_what_is_late, daemon=True).start()

    def begin(self, place: int, without: frozenset[str]) -> Future[Report]:
        actor = _ray().remote(**self._share, max_restarts=0)(RemoteWorker).remote(self._setup)
        self._actors[place] = actor
        return self._answer(actor.prepare.remote(without), place, max(START_SECONDS, self._limit))

    def submit(self, place: int, shard: Shard) -> Future[Report]:
        limit = time_limit(shard, self._limit)
        if self._ship:
            shipped = {n: [(f.name, f.read_bytes()) for f in files_of(self._clips[n])] for n in shard.clips}
            shard = replace(shard, shipped=shipped)
        return self._answer(self._actors[place].compute.remote(shard), place, limit)

    def stop(self) -> None:
        self._over.set()
        for actor in self._actors.values():
            _ray().kill(actor)

    def _answer(self, reference: Any, place: int, limit: float) -> Future[Report]:
        """The future of an answer, in the terms of the driver."""
        answer = Future[Report]()
        given: Future[Any] = reference.future()
        self._due[given] = time.monotonic() + limit, place
        given.add_done_callback(lambda done: self._pass_on(done, answer, place, limit))
        return answer

    def _pass_on(self, given: Future[Any], answer: Future[Report], place: int, limit: float) -> None:
        self._due.pop(given, None)
        error = given.exception()
        if error is None:
            report: Report = given.result()
            self._keep(report, place)
            answer.set_result(report)
        elif given in self._late:
            answer.set_exception(Death(f"took longer than {limit:g} s (--clip-timeout)", certain=True))
        elif isinstance(error, _ray().exceptions.RayTaskError):  # the worker's own, such as that it has other clips
            answer.set_exception(error.cause if isinstance(error.cause, Exception) else error)
        else:
            answer.set_exception(Death(f"its worker was lost: {str(error).splitlines()[0]}", certain=False))

    def _keep(self, report: Report, place: int) -> None:
        if self._logs is not None and report.log:
            self._logs.mkdir(parents=True, exist_ok=True)
            with (self._logs / f"{place}.log").open("a") as file:
                file.write(report.log)

    def _end_what_is_late(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            for given, (due, place) in list(self._due.items()):
                if time.monotonic() > due:
                    self._late.add(given)
                    _ray().kill(self._actors[place])


class RemoteWorker:
    """A worker as an actor of Ray, which sends along what it printed."""

    def __init__(self, setup: Setup) -> None:
        from harness.running.executors.lifeline import capture, watch

        self._printed = capture()
        watch(setup.memory)
        self._setup = setup
        self._worker: Worker | None = None

    def prepare(self, without: frozenset[str]) -> Report:
        """As `Worker.prepare`, after opening everything."""
        self._worker = Worker(self._setup)
        return self._with_log(self._worker.prepare(without))

    def compute(self, shard: Shard) -> Report:
        """As `Worker.compute`."""
        assert self._worker is not None
        return self._with_log(self._worker.compute(shard))

    def _with_log(self, report: Report) -> Report:
        return replace(report, log=self._printed.read().decode("utf-8", "replace")[-1000 * KEPT_ENDS :])


def _ray() -> ray:
    """Ray, imported when it is needed. Raises `UsageError` if it is not installed."""
    try:
        import ray
    except ImportError as error:
        raise UsageError(INSTALL) from error
    return ray
