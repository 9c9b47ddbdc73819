"""What driver and workers tell each other. All of it can be pickled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.contracts import Dataset
from harness.errors import HarnessError
from harness.running.context import RunContext
from harness.running.events import Event
from harness.running.executors.journal import Entry
from harness.running.loop import Work

Files = Sequence[tuple[str, bytes]]
"""Names and contents."""


@dataclass(frozen=True)
class Setup:
    """What a worker is told once."""

    work: Work
    device: str
    threads: int | None = None
    """Threads for computing; None for what is usual."""
    memory: float = 0.0
    """Bytes that a worker may take; 0 for any number."""
    data: Path | None = None
    """The folder of the data set."""
    plugins: Sequence[Path] = ()
    """Plugin files that the user gave."""
    flow_cache: Path | None = None
    digest: bool = False
    """Whether the worker compares its clips with those of the plan: it may have another folder."""
    dataset: Dataset | None = None
    """The data set, where clips are shipped and no folder is needed."""

    @classmethod
    def of(cls, work: Work, context: RunContext) -> Setup:
        """From what the driver has opened: everything but what depends on the kind of worker."""
        cache = context.flow_cache
        return cls(
            work, str(context.device), data=context.data, plugins=context.plugin_files,
            flow_cache=cache.folder if cache else None,
        )  # fmt: skip


@dataclass(frozen=True)
class Shard:
    """Clips for a worker, by their places in the plan, and for which cells; None stands for all."""

    clips: tuple[int, ...]
    only: frozenset[str] | None = None
    without: frozenset[str] = frozenset()
    """Cells that have failed."""
    shipped: Mapping[int, Files] = field(default_factory=dict, compare=False)
    """The files of clips that the worker cannot read itself."""


@dataclass(frozen=True)
class Report:
    """What a worker answers: events with the clip's place, -1 for what is built; seconds in all and by stage."""

    events: Sequence[tuple[int, Event]]
    took: float = 0.0
    seconds: Mapping[str, float] = field(default_factory=dict)
    host: str = ""
    log: str = ""
    """What it printed since the last report, unless it has a file for that."""


class Death(HarnessError):
    """A worker that came to its end, and why.

    `entry` says what it was doing, if that is known. `certain` means that whatever it was doing ended it, and not
    somebody who killed it, or a machine that was lost.
    """

    def __init__(self, reason: str, *, certain: bool, entry: Entry | None = None, log: str = "") -> None:
        super().__init__(reason)
        self.certain = certain
        self.entry = entry
        self.log = log
