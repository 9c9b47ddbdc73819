"""Showing the progress of a run: bars with their times on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from rich.progress import MofNCompleteColumn, TaskID, TextColumn

from harness.bars import bars, clock, times
from harness.planning.cells import Cell
from harness.terminal import say, shown

ALL = "all methods"
LINE_EVERY_SECONDS = 15.0
"""Without a terminal: at most one line in this time, so that the log of a long run stays readable."""


class LiveListener:
    """`harness.running.executors.base.Listener` on a terminal: one bar per method and one for everything."""

    def __init__(self, console: Console, todo: dict[str, int]) -> None:
        self._progress = bars(console, MofNCompleteColumn(), TextColumn("clips"))
        self._all = self._progress.add_task(ALL, total=sum(todo.values()))
        self._methods: dict[str, TaskID] = {
            method: self._progress.add_task(shown(method), total=clips) for method, clips in todo.items()
        }

    def __enter__(self) -> LiveListener:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def loading(self, what: str) -> None:
        self._progress.update(self._all, description=shown(f"loading {what}"))

    def clip_done(self, method: str, seconds: float) -> None:
        self._progress.update(self._all, advance=1, description=ALL)
        self._progress.advance(self._methods[method])

    def cell_finished(self, cell: Cell, status: str, reason: str | None) -> None:
        if status == "failed":
            told = f" {cell.label} x {cell.probe.label}: {reason}"
            say(self._progress.console, ("failed", "red"), told)


class LineListener:
    """`harness.running.executors.base.Listener` without a terminal: plain lines with clips done and time left."""

    def __init__(self, console: Console, todo: dict[str, int]) -> None:
        self._console = console
        self._todo = todo
        self._done: Counter[str] = Counter()
        self._spent: defaultdict[str, float] = defaultdict(float)
        self._began = time.monotonic()
        self._first: float | None = None
        """When the first clip was begun."""
        self._next = self._began + LINE_EVERY_SECONDS

    def __enter__(self) -> LineListener:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def loading(self, what: str) -> None:
        return None

    def clip_done(self, method: str, seconds: float) -> None:
        self._done[method] += 1
        self._spent[method] += seconds
        if self._first is None:
            self._first = time.monotonic() - seconds
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + LINE_EVERY_SECONDS
            self._print_line(time.monotonic() - self._first)

    def cell_finished(self, cell: Cell, status: str, reason: str | None) -> None:
        if status == "failed":
            say(self._console, f"failed: {cell.label} x {cell.probe.label}: {reason}")

    def _print_line(self, computing: float) -> None:
        """`computing` are the seconds since the first clip was begun."""
        done, total = sum(self._done.values()), sum(self._todo.values())
        spent = sum(self._spent.values())
        share = computing / spent if spent else 1.0  # workers side by side need less time than all of them spend
        left = {m: share * (self._todo[m] - n) * self._spent[m] / n for m, n in self._done.items()}
        slowest: Sequence[str] = sorted(left, key=lambda m: -left[m])[:3]
        detail = ", ".join(f"{m} {clock(left[m])}" for m in slowest)
        both = times(time.monotonic() - self._began, sum(left.values()))
        say(self._console, f"{done} of {total} (method, clip) done, {both}; most: {detail}")


def listener_for(console: Console, todo: dict[str, int]) -> LiveListener | LineListener:
    """The listener that suits the output: bars on a terminal, else lines."""
    return LiveListener(console, todo) if console.is_interactive else LineListener(console, todo)
