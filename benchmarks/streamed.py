"""The pipeline of this project: the executor of ``harness run``, one process, no files between the stages."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow.parquet  # noqa: F401  (pandas would import it when the first cell is finished)
from harness_benchmarks.measuring import Answers, NetworkClock, Say

from harness.contracts import Clip
from harness.errors import HarnessError
from harness.planning.cells import Cell
from harness.planning.selecting import Request
from harness.probes.recognizer import StreamProbe
from harness.registry import Registry
from harness.running.context import RunContext
from harness.running.loop import ClipLoop, Work
from harness.running.reading import load_run
from harness.running.recorder import Recorder
from harness.running.store import RunFolder
from harness.running.workflow import record_start


class Strict:
    """A listener for whom a failed cell is an error: times of less work than asked for would mislead."""

    def loading(self, what: str) -> None: ...

    def clip_done(self, method: str, seconds: float) -> None: ...

    def cell_finished(self, cell: Cell, status: str, reason: str | None) -> None:
        if status != "ok":
            raise HarnessError(f"{cell.method.label} x {cell.probe.label} failed: {reason}")


class Streamed:
    """Implements `harness_benchmarks.measuring.Pipeline` with what ``harness run`` does, run folder included."""

    def __init__(
        self, context: RunContext, request: Request, registry: Registry, folder: RunFolder, name: str = "in process"
    ) -> None:
        plan = context.plan
        self.name = name
        record_start(context, request, folder)
        self._folder = folder
        self._recorder = Recorder(plan, folder, registry, Strict())
        self._loop = ClipLoop(Work(plan, plan.cells, self._recorder.begin(plan.cells, str(context.device))), context)
        for event in self._loop.run([]):  # builds everything
            self._recorder.take(event)
        self.watch = self._loop.watch
        self.networks = NetworkClock(context.device)
        self._follow()

    def prepare(self, clips: Sequence[Clip]) -> None:
        """Nothing to do."""

    def run(self, clips: Sequence[Clip], say: Say) -> None:
        flow_before = self.watch.seconds["flow"]
        for position, clip in enumerate(clips, 1):
            say(f"clip {position} of {len(clips)}")
            for event in self._loop.see(clip):
                self._recorder.take(event)
        # all of the stage is the estimator, which turns frames into grey levels itself
        self.networks.seconds["flow"] += self.watch.seconds["flow"] - flow_before

    def finish(self) -> None:
        self._recorder.finish()

    def answers(self) -> Answers:
        rows = load_run(self._folder.path).clips.to_dict("records")
        return {
            (row["method"], key, row["clip"]): row[key] if row["scores"] is None else row["scores"]
            for row in rows
            for key in [row["probe"].partition(":")[0]]
        }

    def _follow(self) -> None:
        for live in self._loop.built.methods:
            if network := getattr(live.method, "network", None):
                self.networks.follow("restore", network)
        for label, probe in self._loop.built.probes.items():
            network = getattr(probe.recognizer, "network", None) if isinstance(probe, StreamProbe) else None
            if network is not None:  # one in half precision is hidden, and only its stage is timed
                self.networks.follow("recognise", network.backbone, network.cls_head, name=label)
