"""How a training is shown while it works: live on a terminal, some twenty plain lines elsewhere. To standard error."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from harness_basicsr.training.recipe import Stage

LINES = 20
"""Without a terminal: lines a training, about."""


class Status:
    """How far a training is. `floor` is bicubic's PSNR-Y in dB on the held-out frames."""

    def __init__(
        self, stages: Sequence[Stage], floor: float | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.stages, self.floor, self.clock = stages, floor, clock
        self.total = sum(stage.iterations for stage in stages)
        self.losses: Mapping[str, float] = {}
        self.psnr: float | None = None
        self.best: float | None = None
        self.begin(0, 0)

    def begin(self, number: int, done: int) -> None:
        """Stage `number`, from 0, goes on after `done` iterations."""
        self.number, self.first, self.iteration, self.began = number, done, done, self.clock()
        self.before = sum(stage.iterations for stage in self.stages[:number])
        self.psnr = self.best = None

    @property
    def done(self) -> int:
        """Iterations of all stages."""
        return self.before + self.iteration

    @property
    def rate(self) -> float:
        """Iterations a second in this stage, validations included; 0 where not known yet."""
        return (self.iteration - self.first) / max(self.clock() - self.began, 1e-9)

    def lines(self) -> tuple[str, str]:
        """Place and time; losses and quality."""
        stage = self.stages[self.number]
        place = f"stage {self.number + 1} of {len(self.stages)}, {stage.name}: {self.iteration} of {stage.iterations}"
        pace = f", {self.rate:.3g} iterations/s, {self._left()} left" if self.rate else ""
        return place + pace, ", ".join([*self._losses(), *self._quality()])

    def _left(self) -> str:
        """Of all stages, at this stage's pace."""
        return str(timedelta(seconds=round((self.total - self.done) / self.rate)))

    def _losses(self) -> list[str]:
        return [f"{name} {value:.3g}" for name, value in self.losses.items() if name.startswith("l_")]

    def _quality(self) -> list[str]:
        if self.psnr is None:
            return []
        floor = "" if self.floor is None else f"bicubic {self.floor:.2f}, "
        return [f"PSNR-Y {self.psnr:.2f} dB ({floor}best {self.best:.2f})"]


class LineDisplay:
    """A line after each twentieth part, and after each stage. A `harness_basicsr.training.watching.Listener`."""

    def __init__(self, status: Status, console: Console) -> None:
        self.status, self.console = status, console

    def __enter__(self) -> LineDisplay:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def begin(self, number: int, done: int) -> None:
        self.status.begin(number, done)

    def step(self, iteration: int, losses: Mapping[str, float]) -> None:
        status = self.status
        before = status.done * LINES // status.total
        status.iteration, status.losses = iteration, losses
        if status.done * LINES // status.total > before:
            self.console.print("; ".join(filter(None, status.lines())), highlight=False, markup=False, soft_wrap=True)

    def validated(self, psnr: float, best: float) -> None:
        self.status.psnr, self.status.best = psnr, best


class LiveDisplay(LineDisplay):
    """A bar and two lines that are drawn anew."""

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
        for row in (ProgressBar(self.status.total, self.status.done), Text(place), Text(numbers)):
            table.add_row(row)
        return table


def display_for(stages: Sequence[Stage], floor: float | None, leads: bool = True) -> LineDisplay:
    """The display that fits where the output goes; a silent one for processes that do not lead."""
    console = Console(stderr=True, quiet=not leads)
    status = Status(stages, floor)
    return LiveDisplay(status, console) if console.is_terminal and leads else LineDisplay(status, console)
