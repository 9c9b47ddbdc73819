"""What workers are told once, from what the driver has opened."""

from __future__ import annotations

from harness.running.context import RunContext
from harness.running.executors.work import Setup
from harness.running.loop import Work


def setup_of(work: Work, context: RunContext) -> Setup:
    """Everything but what depends on the kind of worker."""
    cache = context.flow_cache
    return Setup(
        work, str(context.device), data=context.data, plugins=context.plugin_files,
        flow_cache=cache.folder if cache else None,
    )  # fmt: skip
