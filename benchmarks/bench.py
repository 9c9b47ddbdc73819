"""What every section of the speed benchmark is given, and what it hands back."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from harness_benchmarks.comparison import PROBES, Result, Timeable, bench_request, timeable
from harness_benchmarks.grid import Grid
from harness_benchmarks.measuring import Say, Timed
from harness_benchmarks.streamed import Streamed

from harness.planning.benchmark import Benchmark
from harness.planning.selecting import Request
from harness.registry import Registry
from harness.running.store import open_run


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    height: int = 240
    width: int = 320
    frames: int = 300
    """Of the long clip."""
    segments: int = 25
    flow_pairs: int = 2
    quality_frames: int = 39
    half_clips: int = 1
    second_clips: int = 8
    factors: Sequence[int] = (1, 2, 4, 8)
    growth_frames: int = 16
    """Of the shortest clip."""


SMALL = Sizes(
    height=64, width=96, frames=24, segments=2, flow_pairs=1, quality_frames=2, half_clips=1, second_clips=1,
    factors=(1, 2), growth_frames=6,
)  # fmt: skip
"""To try that everything works."""


@dataclass(frozen=True)
class Section:
    """A part of the results."""

    key: str
    """Its name in the JSON file."""
    grids: Sequence[Grid]
    lines: Sequence[str]
    facts: Mapping[str, Any]
    """All its numbers."""
    ratios: Mapping[str, float] = field(default_factory=dict)
    """What the picture shows of it, by what it is."""
    result: Result | None = None
    """Pipelines whose stages the picture shows."""


def with_segments(benchmark: Benchmark, segments: int) -> Benchmark:
    """The benchmark with every recogniser on so many segments."""
    recognizers = {name: {**options, "segments": segments} for name, options in benchmark.recognizers.items()}
    return benchmark.model_copy(update={"recognizers": recognizers})


@dataclass(frozen=True)
class Bench:
    """Where and how much is measured. `device` is as for ``harness run --device``."""

    registry: Registry
    benchmark: Benchmark
    device: str
    sizes: Sizes
    folder: Path
    say: Say
    data: Path | None = None
    """Clips to take instead of the benchmark's own."""
    load: float = field(default_factory=lambda: os.getloadavg()[0])
    """How many programs wanted a core, on average over the minute before."""
    _numbers: count[int] = field(default_factory=count)

    def request(self, sr: str, clips: int, probes: Sequence[str] = PROBES, **changes: Any) -> Request:
        """A run of some clips, and one more to warm up, with these fields of `Request` instead of the usual ones."""
        fields = {"benchmark": self.benchmark, "data": self.data, "device": self.device, **changes}
        return bench_request(Request(sr=sr, **fields), clips, probes)

    def any_of(self, request: Request) -> Timeable:
        """The run with every recogniser that was asked for."""
        return timeable(request, self.registry, lambda part: True)

    def streamed(self, work: Timeable, request: Request, name: str, open_folders: ExitStack) -> Timed:
        """``harness run`` into a new folder, which is open as long as `open_folders`."""
        self.say(f"{name}: loading networks")
        folder = open_folders.enter_context(open_run(self.new_folder()))
        return Timed(Streamed(work.context, request, self.registry, folder, name), work.context.device)

    def new_folder(self) -> Path:
        """One that is not there yet."""
        return self.folder / f"{next(self._numbers):03d}"
