"""What ends a worker process from inside, and where it prints."""

from __future__ import annotations

import faulthandler
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import BinaryIO

MEMORY_EXIT = 88
"""Exit status of a worker that took too much memory."""
LOOK_EVERY = 0.2
"""Seconds between two looks."""
_leave = os._exit


def watch(memory: float) -> None:
    """End this process when its parent is gone, or when it takes more `memory` in bytes, if that is not 0."""
    threading.Thread(target=_watch, args=(os.getppid(), memory), daemon=True).start()


def print_to(log: Path) -> None:
    """From now on what is printed goes to the end of a file, tracebacks of crashes too."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
    faulthandler.enable()


def capture() -> BinaryIO:
    """From now on what is printed goes to a file without a name; returns it, to be read."""
    folder = tempfile.mkdtemp(prefix="harness-log-")
    path = Path(folder) / "log"
    print_to(path)
    found = path.open("rb")
    path.unlink()
    Path(folder).rmdir()
    return found


def _watch(parent: int, memory: float) -> None:
    page = os.sysconf("SC_PAGE_SIZE")
    while os.getppid() == parent:
        if memory and int(Path("/proc/self/statm").read_text().split()[1]) * page > memory:
            _leave(MEMORY_EXIT)
        time.sleep(LOOK_EVERY)
    _leave(1)
