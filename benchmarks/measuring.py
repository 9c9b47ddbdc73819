"""What is measured of a pipeline, and what all pipelines have in common."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import nn

from harness.contracts import Clip
from harness.running.timing import Stopwatch

STAGES = ("read", "degrade", "restore", "flow", "recognise", "measure")
Say = Callable[[str], None]
"""Shows what is going on."""
Answers = Mapping[tuple[str, str, str], Any]
"""By method, probe and clip id: a float (NaN where undefined), or float32 scores ``(num_classes,)``."""


def wait_for(device: torch.device) -> None:
    """Wait until a GPU has done what it was told to do, so that a clock counts it."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def clock_for(device: torch.device) -> Callable[[], float]:
    """Seconds of processor time where one thread computes, so that other programs beside it do not count; else seconds
    of the wall clock."""
    alone = device.type == "cpu" and torch.get_num_threads() == 1
    return time.process_time if alone else time.perf_counter


class NetworkClock:
    """Seconds inside networks and the flow estimator, by stage; the stages themselves take longer."""

    def __init__(self, device: torch.device) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.named: dict[str, float] = defaultdict(float)
        """Seconds of the modules that were given a name, by `clock_for`."""
        self._device = device
        self._clock = clock_for(device)
        self._start = self._start_named = 0.0

    def follow(self, stage: str, *modules: nn.Module, name: str = "") -> None:
        """Count every call of these modules, none of which is a part of another one."""
        for module in modules:
            module.register_forward_pre_hook(lambda *_: self._begin())
            module.register_forward_hook(lambda *_: self._end(stage, name))

    @contextmanager
    def inside(self, stage: str) -> Iterator[None]:
        self._begin()
        yield
        self._end(stage)

    def clear(self) -> None:
        self.seconds.clear()
        self.named.clear()

    def _begin(self) -> None:
        wait_for(self._device)
        self._start, self._start_named = time.perf_counter(), self._clock()

    def _end(self, stage: str, name: str = "") -> None:
        wait_for(self._device)
        self.seconds[stage] += time.perf_counter() - self._start
        self.named[name] += self._clock() - self._start_named


class Pipeline(Protocol):
    """A way to restore and recognise clips. Building it, and `prepare`, are set-up and not timed."""

    name: str
    watch: Stopwatch
    networks: NetworkClock

    def prepare(self, clips: Sequence[Clip]) -> None:
        """Called before `run` with the same clips."""
        ...

    def run(self, clips: Sequence[Clip], say: Say) -> None:
        """Take clips through all stages."""
        ...

    def finish(self) -> None:
        """Write the results."""
        ...

    def answers(self) -> Answers:
        """What it found in the clips it has seen."""
        ...


@dataclass(frozen=True)
class Timing:
    """Seconds of a pipeline over all clips: by the clock, by stage, and by stage inside networks and flow."""

    wall: float
    spent: float
    """By `clock_for`."""
    stages: Mapping[str, float]
    networks: Mapping[str, float]

    @property
    def rest(self) -> float:
        """What no stage accounts for."""
        return self.wall - sum(self.stages.values())

    @property
    def in_networks(self) -> float:
        return sum(self.networks.values())

    @property
    def elsewhere(self) -> float:
        """Everything except networks and flow."""
        return self.wall - self.in_networks


class Timed:
    """A pipeline with the time that it takes, from the last `reset` on."""

    def __init__(self, pipeline: Pipeline, device: torch.device) -> None:
        self.pipeline = pipeline
        self._clock = clock_for(device)
        self._wall = self._spent = 0.0

    @property
    def name(self) -> str:
        return self.pipeline.name

    def reset(self) -> None:
        """Forget the time so far."""
        self._wall = self._spent = 0.0
        self.pipeline.watch.seconds.clear()
        self.pipeline.networks.clear()

    def run(self, clips: Sequence[Clip], say: Say) -> None:
        """Take clips through the pipeline."""
        self.pipeline.prepare(clips)
        self._timed(lambda: self.pipeline.run(clips, lambda text: say(f"{self.name}: {text}")))

    def finish(self) -> Timing:
        """Let the pipeline write its results, which counts, and return all its times."""
        self._timed(self.pipeline.finish)
        stages = {stage: self.pipeline.watch.seconds.get(stage, 0.0) for stage in STAGES}
        return Timing(self._wall, self._spent, stages, dict(self.pipeline.networks.seconds))

    def _timed(self, work: Callable[[], None]) -> None:
        start, start_spent = time.perf_counter(), self._clock()
        work()
        self._wall += time.perf_counter() - start
        self._spent += self._clock() - start_spent
