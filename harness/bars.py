"""Progress of work that reports ``(done, total)``: a bar with time left on a terminal, some lines elsewhere.

It goes to standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

    from harness.contracts import Progress

LINES = 20
"""The most lines that are printed without a terminal."""


@contextmanager
def counting_bar(title: str, unit: str) -> Iterator[Progress]:
    """Progress over things that are counted, such as clips."""
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, TextColumn

    if not Console(stderr=True).is_terminal:
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

    def report(done: int, total: int) -> None:
        if total and done * LINES // total > (done - 1) * LINES // total:
            print(f"{title}: {done} of {total} {unit}", file=sys.stderr, flush=True)

    return report


@contextmanager
def bytes_bar(title: str) -> Iterator[Progress]:
    """A bar over a download."""
    from rich.progress import DownloadColumn, TransferSpeedColumn

    with _bar(title, DownloadColumn(), TransferSpeedColumn()) as report:
        yield report


@contextmanager
def _bar(title: str, *columns: ProgressColumn) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    shown = Progress(
        TextColumn("{task.description}", markup=False), BarColumn(), *columns, TimeElapsedColumn(), TextColumn("left"),
        TimeRemainingColumn(), console=Console(stderr=True),
    )  # fmt: skip
    with shown:
        task = shown.add_task(title, total=None)
        # a total of 0 means that it is unknown: the bar then only moves
        yield lambda done, total: shown.update(task, completed=done, total=total or None)
