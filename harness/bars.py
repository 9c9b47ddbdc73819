"""Progress of work that reports ``(done, total)``: a bar with the time that it took and takes, some lines elsewhere.

It goes to standard error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING

from harness.terminal import console, say, shown

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import ProgressColumn

    from harness.contracts import Progress

LINES = 20
"""The most lines that are printed without a terminal."""
WIDE = 120
"""Columns of a terminal in which names and bars have room."""
UNKNOWN = "?"


def clock(seconds: float) -> str:
    """A duration as ``3:10`` or ``1:02:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def times(elapsed: float | None, left: float | None) -> str:
    """``3:10 elapsed, 12:40 left``; a question mark for what is not known yet."""
    first, second = (UNKNOWN if seconds is None else clock(seconds) for seconds in (elapsed, left))
    return f"{first} elapsed, {second} left"


def bars(screen: Console, *columns: ProgressColumn) -> Bars:
    """Bars with their names, `columns`, and both times; what is short of room are the names and the bars."""
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
    from rich.table import Column
    from rich.text import Text

    class Times(ProgressColumn):
        max_refresh = 0.5  # seconds, so that it does not flicker

        def render(self, task: Task) -> Text:
            return Text(times(task.finished_time if task.finished else task.elapsed, task.time_remaining))

    narrow = screen.width < WIDE
    name = Column(ratio=2 if narrow else None, no_wrap=True, overflow="ellipsis")
    bar = BarColumn(bar_width=None if narrow else 40, table_column=Column(ratio=1 if narrow else None))
    numbers = (*columns, Times(table_column=Column(no_wrap=True)))
    text = TextColumn("{task.description}", markup=False, table_column=name)
    return Progress(text, bar, *numbers, console=screen, expand=narrow)


@contextmanager
def counting_bar(title: str, unit: str) -> Iterator[Progress]:
    """Progress over things that are counted, such as clips."""
    from rich.progress import MofNCompleteColumn, TextColumn

    if not console(stderr=True).is_interactive:
        yield _lines(title, unit)
        return
    with _bar(title, MofNCompleteColumn(), TextColumn(unit)) as report:
        yield report


@contextmanager
def lazily(bar: Callable[[str, str], AbstractContextManager[Progress]], title: str, unit: str) -> Iterator[Progress]:
    """A bar that is shown once there is something to report."""
    with ExitStack() as stack:
        shown: list[Progress] = []

        def report(done: int, total: int) -> None:
            if not shown:
                shown.append(stack.enter_context(bar(title, unit)))
            shown[0](done, total)

        yield report


def _lines(title: str, unit: str) -> Progress:
    """Prints a line after each twentieth part."""
    screen = console(stderr=True)

    def report(done: int, total: int) -> None:
        if total and done * LINES // total > (done - 1) * LINES // total:
            say(screen, f"{title}: {done} of {total} {unit}")

    return report


@contextmanager
def bytes_bar(title: str) -> Iterator[Progress]:
    """A bar over a download."""
    from rich.progress import DownloadColumn, TransferSpeedColumn

    with _bar(title, DownloadColumn(), TransferSpeedColumn()) as report:
        yield report


@contextmanager
def _bar(title: str, *columns: ProgressColumn) -> Iterator[Progress]:
    with bars(console(stderr=True), *columns) as shown_bars:
        task = shown_bars.add_task(shown(title), total=None)
        # a total of 0 means that it is unknown: the bar then only moves
        yield lambda done, total: shown_bars.update(task, completed=done, total=total or None)
