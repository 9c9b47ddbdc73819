"""Where the time of a run goes, by stage, without counting nested stages twice."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import torch


class Stopwatch:
    """Seconds by stage. A stage entered inside another one (flow inside a probe) is subtracted from the outer one."""

    def __init__(self, device: torch.device) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._cuda = device.type == "cuda"
        self._nested: list[float] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._wait()
        self._nested.append(0.0)
        start = time.perf_counter()
        try:
            yield
        finally:
            self._wait()
            elapsed = time.perf_counter() - start
            self.seconds[name] += elapsed - self._nested.pop()
            if self._nested:
                self._nested[-1] += elapsed

    def _wait(self) -> None:
        if self._cuda:  # kernels are asynchronous; without this their time lands in whatever waits for them
            torch.cuda.synchronize()
