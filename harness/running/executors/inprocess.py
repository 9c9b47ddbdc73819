"""Everything in this process, on one device, clip by clip."""

from __future__ import annotations

from harness.running.build import (
    pick_device,
)
from harness.running.executors.base import Work
from harness.running.loop import ClipLoop
from harness.running.timing import Stopwatch


class InProcess:
    """The built-in executor."""

    def run(self, work: Work) -> dict[str, float]:
        device = pick_device(work.device)
        watch = Stopwatch(device)
        loop = ClipLoop(work, device, watch)
        for clip in work.plan.clips:
            loop.see(clip)
        loop.finish()
        return dict(watch.seconds)


