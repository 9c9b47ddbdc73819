"""What an executor is given, and what it tells while it works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from harness.running.context import RunContext
from harness.running.events import Event
from harness.running.loop import Work

Sink = Callable[[Event], None]


class Executor(Protocol):
    """Says where loops over clips run."""

    def run(self, work: Work, context: RunContext, sink: Sink) -> dict[str, float]:
        """Take the plan's clips through `harness.running.loop.ClipLoop`, here or elsewhere; hand every event to `sink`.

        `context` holds the live objects of this process; another process opens its own. Returns seconds by stage.
        """
        ...
