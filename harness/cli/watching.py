"""Showing a run that another process computes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from harness.running.watching import Sight, look
from harness.terminal import console, say, shown

if TYPE_CHECKING:
    from rich.console import Console

ALL = "all methods"


def watch_run(path: Path, every: float) -> str:
    """Show the progress of a run until it ends, `every` so many seconds; returns its status then."""
    screen = console()
    sight = look(path)
    say(screen, _in_words(sight))
    known = _tell_failures(screen, sight, set())
    if screen.is_interactive:
        return _with_bars(screen, path, every, known)
    said = ""
    while True:
        line = f"{sum(sight.done.values())} of {sight.total} (method, clip) done"
        if line != said:
            say(screen, line)
        said = line
        if sight.status != "running":
            return sight.status
        time.sleep(every)
        sight = look(path)
        known = _tell_failures(screen, sight, known)


def _with_bars(screen: Console, path: Path, every: float, known: set[str]) -> str:
    from rich.progress import MofNCompleteColumn, TextColumn

    from harness.bars import bars

    with bars(screen, MofNCompleteColumn(), TextColumn("clips")) as progress:
        tasks = {ALL: progress.add_task(ALL, total=None)}
        while True:
            sight = look(path)
            known = _tell_failures(progress.console, sight, known)
            progress.update(tasks[ALL], completed=sum(sight.done.values()), total=sight.total)
            for method, done in sight.done.items():
                if method not in tasks:
                    tasks[method] = progress.add_task(shown(method), total=sight.clips)
                progress.update(tasks[method], completed=done, total=sight.clips)
            if sight.status != "running":
                return sight.status
            time.sleep(every)


def _tell_failures(screen: Console, sight: Sight, known: set[str]) -> set[str]:
    for cell, reason in sight.failed.items():
        if cell not in known:
            say(screen, ("failed: ", "red"), f"{cell}: {reason}")
    return known | sight.failed.keys()


def _in_words(sight: Sight) -> str:
    facts = sight.execution
    devices = ", ".join(map(str, facts.get("devices", ())))
    where = f" on {devices} of {', '.join(map(str, facts.get('hosts', ())))}" if devices else ""
    workers = f", {facts['workers']} workers" if facts.get("workers", 1) > 1 else ""
    return f"{sight.clips} clips, {len(sight.done)} methods{workers}{where}"
