"""Progress of a training on standard error: live on a terminal, some twenty plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from harness.bars import times
from harness.terminal import console as new_console
from harness.terminal import say, shown
from harness.training.quality import Quality, is_loss

LINES = 20
"""About how many lines a training prints without a terminal."""


class Status:
    """How far a training has come. `stages` are the iterations of its stages by name, in their order."""

    def __init__(
        self, stages: Mapping[str, int], quality: Quality, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.stages, self.quality, self.clock = dict(stages), quality, clock
        self.total = sum(stages.values())
        self.losses: Mapping[str, float] = {}
        self.value: float | None = None
        self.best = float("-inf")
        self.started = clock()
        self.begin(next(iter(stages)), 0)

    def begin(self, stage: str, done: int) -> None:
        """A stage starts, or resumes after `done` iterations."""
        self.stage, self.first, self.iteration, self.began = stage, done, done, self.clock()
        self.number = list(self.stages).index(stage)
        self.before = sum(list(self.stages.values())[: self.number])
        self.value = None

    @property
    def done(self) -> int:
        """Iterations of all stages."""
        return self.before + self.iteration

    @property
    def rate(self) -> float:
        """Iterations a second in this stage, including validations; 0 if not known yet."""
        return (self.iteration - self.first) / max(self.clock() - self.began, 1e-9)

    def lines(self) -> tuple[str, str]:
        """Place and time; losses and quality."""
        place = f"stage {self.number + 1} of {len(self.stages)}, {self.stage}"
        pace = f", {self.rate:.3g} iterations/s, {self._times()}" if self.rate else ""
        losses = [f"{name} {value:.3g}" for name, value in self.losses.items() if is_loss(name)]
        quality = [] if self.value is None else [self.quality.text(self.value, self.best)]
        return f"{place}: {self.iteration} of {self.stages[self.stage]}{pace}", ", ".join([*losses, *quality])

    def _times(self) -> str:
        """Time since this process began, and time left for all stages at this stage's pace."""
        return times(self.clock() - self.started, (self.total - self.done) / self.rate)


class LineDisplay:
    """A line after each twentieth part, and after each stage."""

    def __init__(self, status: Status, console: Console) -> None:
        self.status, self.console = status, console

    def __enter__(self) -> LineDisplay:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def begin(self, stage: str, done: int) -> None:
        """A stage starts, or resumes after `done` iterations."""
        self.status.begin(stage, done)

    def step(self, iteration: int, losses: Mapping[str, float]) -> None:
        """After each iteration of a stage, with its logged losses."""
        status = self.status
        before = status.done * LINES // status.total
        status.iteration, status.losses = iteration, losses
        if status.done * LINES // status.total > before:
            say(self.console, "; ".join(filter(None, status.lines())))

    def validated(self, value: float, best: float) -> None:
        """After each validation: the quality, and the highest of this process."""
        self.status.value, self.status.best = value, best


class LiveDisplay(LineDisplay):
    """A bar and two lines that are redrawn."""

    def __init__(self, status: Status, console: Console) -> None:
        super().__init__(status, console)
        self.live = Live(console=console, get_renderable=self.render, refresh_per_second=2, redirect_stdout=False)

    def __enter__(self) -> LiveDisplay:
        self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.live.stop()

    def step(self, iteration: int, losses: Mapping[str, float]) -> None:
        self.status.iteration, self.status.losses = iteration, losses

    def render(self) -> Table:
        """What the terminal shows."""
        place, numbers = self.status.lines()
        table = Table.grid()
        for row in (ProgressBar(self.status.total, self.status.done), Text(shown(place)), Text(shown(numbers))):
            table.add_row(row)
        return table


def display_for(stages: Mapping[str, int], quality: Quality, leads: bool = True) -> LineDisplay:
    """The display that suits the output; a silent one for processes that do not lead."""
    console = new_console(stderr=True, quiet=not leads)
    status = Status(stages, quality)
    return LiveDisplay(status, console) if console.is_interactive and leads else LineDisplay(status, console)
