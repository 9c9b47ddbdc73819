"""Where the time of a run goes, by stage, without counting nested stages twice."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch

Mark = float | torch.cuda.Event
"""A moment: by the clock, or in what a GPU has to do."""


@dataclass
class Span:
    """The time between two marks."""

    name: str
    start: Mark
    stop: Mark | None = None
    inner: list[Span] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Without those of the stages that were entered inside. Waits until a GPU has come to its end."""
        return self._whole - sum(span._whole for span in self.inner)

    @property
    def _whole(self) -> float:
        if isinstance(self.start, float):
            return float(self.stop) - self.start if isinstance(self.stop, float) else 0.0
        if not isinstance(self.stop, torch.cuda.Event):
            return 0.0
        self.stop.synchronize()
        return float(self.start.elapsed_time(self.stop)) / 1000


class Stopwatch:
    """Seconds by stage. A stage entered inside another one (flow inside a probe) is subtracted from the outer one.

    On a GPU it is the time that the GPU takes to get from one end of a stage to the other: work that it does later than
    it was told to counts where it belongs, and nobody has to wait for it. What is read ahead counts as far as it is
    waited for.
    """

    def __init__(self, device: torch.device) -> None:
        self._cuda = device.type == "cuda"
        self._seconds: dict[str, float] = defaultdict(float)
        self._entered: list[Span] = []
        self._ended: list[Span] = []

    @property
    def seconds(self) -> dict[str, float]:
        """By stage, of all stages that have ended."""
        self.settle()
        return self._seconds

    @contextmanager
    def stage(self, name: str) -> Iterator[Span]:
        """Counts what is done inside; the seconds of this once are those of the span."""
        span = Span(name, self._mark())
        if self._entered:
            self._entered[-1].inner.append(span)
        self._entered.append(span)
        try:
            yield span
        finally:
            self._entered.pop()
            span.stop = self._mark()
            self._ended.append(span)
            if not self._cuda and not self._entered:
                self.settle()

    def settle(self) -> None:
        """Add up what has ended. Waits for a GPU, so it is for when a clip is done."""
        for span in self._ended:
            self._seconds[span.name] += span.seconds
        self._ended.clear()

    def _mark(self) -> Mark:
        if not self._cuda:
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record()
        return event
