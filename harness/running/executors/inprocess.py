"""Everything in this process, on one device, clip by clip."""

from __future__ import annotations

from contextlib import closing

from harness.running.context import RunContext
from harness.running.executors.base import Sink
from harness.running.loop import ClipLoop, Work


class InProcess:
    """The built-in executor."""

    def run(self, work: Work, context: RunContext, sink: Sink) -> dict[str, float]:
        loop = ClipLoop(work, context)
        with closing(loop.run(work.plan.clips)) as events:
            for event in events:
                sink(event)
        return dict(loop.watch.seconds)
