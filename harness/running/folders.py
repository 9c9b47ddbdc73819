"""Run folders as files: what is in them, also where they are damaged, and deleting what a run wrote."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.errors import DamagedError, RunFolderError
from harness.running.store import WORKER_LOGS, RunFolder

RUN_FILE, CELLS = "run.json", "cells"
FOLDERS = (CELLS, "protocols", "pictures", "damaged", "page", "frames", WORKER_LOGS)
FILES = (RUN_FILE, ".lock", ".probe.tmp", "leaderboard.*")
"""What a run writes; whatever else is in its folder is somebody else's."""
STATES = ("ok", "failed", "skipped", "running")


@dataclass(frozen=True)
class Cell:
    """One cell: whose it is and how it ended (one of `STATES`, or ``damaged``), and why."""

    id: str
    method: str
    probe: str
    status: str
    reason: str


@dataclass(frozen=True)
class Run:
    """What a run folder holds. `info` is empty where `run.json` cannot be read; `damage` says what cannot, and why."""

    path: Path
    info: Mapping[str, Any]
    cells: Sequence[Cell]
    damage: Sequence[str]
    written: datetime
    """When something was last written."""
    size: int
    """Bytes of all its files."""

    @property
    def benchmark(self) -> str:
        """The benchmark's name, or a question mark."""
        found = self.info.get("benchmark")
        return str(found.get("name", "?")) if isinstance(found, Mapping) else "?"

    def count(self, status: str) -> int:
        """How many cells ended so."""
        return Counter(cell.status for cell in self.cells)[status]


def is_run(path: Path) -> bool:
    """Whether `path` is a folder, no link to one, that a run was written to."""
    if path.is_symlink() or not path.is_dir():
        return False
    cells = path / CELLS
    return (path / RUN_FILE).is_file() or (cells.is_dir() and any(cells.glob("*/cell.json")))


def runs_in(folder: Path) -> list[Path]:
    """The run folders in a folder, by name, or the folder itself. Raises `RunFolderError` if it cannot be read."""
    if is_run(folder):
        return [folder]
    try:
        return [path for path in sorted(folder.iterdir()) if is_run(path)]
    except OSError as error:
        raise RunFolderError(f"{folder}: {error.strerror}; name the folder that holds your runs") from error


def read_run(path: Path) -> Run:
    """What is in a run folder. Raises `RunFolderError` if it is none; damage is in what is returned."""
    refuse_others(path)
    folder, damage = RunFolder(path), []
    info: Mapping[str, Any] = {}
    try:
        info = folder.info()
    except (DamagedError, OSError) as error:
        damage.append(str(error))
    names = folder.cells if (path / CELLS).is_dir() else []
    cells = [_cell(folder, name) for name in names]
    damage += [f"cell {cell.id}: {cell.reason}" for cell in cells if cell.status == "damaged"]
    files = list(_files(path))
    newest = max((file.stat().st_mtime for file in files), default=path.stat().st_mtime)
    return Run(path, info, cells, damage, datetime.fromtimestamp(newest), sum(file.stat().st_size for file in files))


def delete_run(path: Path) -> list[str]:
    """Delete what a run wrote, and the folder if nothing else is in it; returns the names of what else is.

    Raises `RunFolderError` for anything but a run folder, for one that a run is using, and where it cannot be deleted.
    """
    refuse_others(path)
    links = [name for name in FOLDERS if (path / name).is_symlink()]
    if links:
        raise RunFolderError(f"{path / links[0]} is a link to another folder; delete it yourself, then try again")
    if in_use(path):
        raise RunFolderError(f"{path} is in use by a run; stop it first")
    try:
        for name in FOLDERS:
            if (path / name).is_dir():
                shutil.rmtree(path / name)
        for pattern in FILES:
            for file in path.glob(pattern):
                file.unlink()
        others = sorted(child.name for child in path.iterdir())
        if not others:
            path.rmdir()
    except OSError as error:
        raise RunFolderError(f"{path}: cannot be deleted: {error.strerror}") from error
    return others


def refuse_others(path: Path) -> None:
    """Raise `RunFolderError` for anything but a run folder, a link to one included."""
    if path.is_symlink():
        raise RunFolderError(f"{path} is a link; name the folder itself: {os.path.realpath(path)}")
    if not is_run(path):
        raise RunFolderError(f"{path} is not a run folder: it has neither {RUN_FILE} nor cells")


def _cell(folder: RunFolder, name: str) -> Cell:
    record = folder.cell(name)
    try:
        facts = record.outcome
    except (DamagedError, OSError) as error:
        return Cell(name, "?", "?", "damaged", str(error))
    status = facts.get("status")
    method, probe = (str(facts.get(key) or "") for key in ("method", "probe"))
    try:
        record.check()
    except (DamagedError, OSError, KeyError, TypeError) as error:
        return Cell(name, method, probe, "damaged", str(error))
    return Cell(name, method, probe, status if status in STATES else "running", str(facts.get("reason") or ""))


def in_use(path: Path) -> bool:
    """Whether a run holds the folder."""
    if not (path / ".lock").is_file():
        return False
    with (path / ".lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _files(path: Path) -> Iterator[Path]:
    for root, _, names in os.walk(path):
        yield from (file for name in names if not (file := Path(root) / name).is_symlink())
