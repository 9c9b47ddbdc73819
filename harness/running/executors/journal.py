"""What a worker is doing, written where it can be read after the worker's death."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """What was being done: `reading` a clip or calling plugins for cells, by id; no clip while things are built."""

    clip: str
    cells: tuple[str, ...]
    reading: bool = False


class Journal:
    """One entry in a file, the last. Writing takes microseconds, so it is done before every call into a plugin."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)

    def __call__(self, clip: str, cells: Sequence[str], reading: bool = False) -> None:
        """Note what comes now."""
        self._write(json.dumps([clip, list(cells), reading]))

    def clear(self) -> None:
        """Nothing is being done."""
        self._write("")

    def _write(self, text: str) -> None:
        line = text.encode()
        os.pwrite(self._file, line, 0)
        os.ftruncate(self._file, len(line))


def last_entry(path: Path) -> Entry | None:
    """What the worker that wrote a journal was doing; None if nothing, or if that is not known."""
    try:
        clip, cells, reading = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return Entry(clip, tuple(cells), reading)
