"""The run folder: the only record of a run, readable with pandas.

    RUN/run.json                  what was asked, the resolved benchmark, environment, status
    RUN/cells/ID/cell.json        identity and outcome of one cell
    RUN/cells/ID/clips.jsonl      one line a clip while the cell is running, appended and flushed
    RUN/cells/ID/clips.parquet    the same rows once the cell is complete
    RUN/cells/ID/error.txt        traceback of a failed cell

Whole files are written under another name and then renamed, so a kill at any moment leaves the old file or the new one.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import RunFolderError
from harness.files import replacing, write_atomically
from harness.running.rows import Row

SCHEMA_VERSION = 1
SPACE_NEEDED = 64 * 2**20
"""Bytes that must be free before a run begins; the rows of 4,000 clips and 200 cells take about half of it."""


class CellRecord:
    """The record of one cell. Rows are appended clip by clip; `finish` turns them into Parquet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rows_file = folder / "clips.jsonl"

    @property
    def outcome(self) -> dict[str, Any]:
        """What `cell.json` says; empty for a cell that was never begun."""
        path = self.folder / "cell.json"
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def begin(self, facts: Mapping[str, Any]) -> set[str]:
        """Open the cell and return the ids of clips already recorded. A line cut off by a kill is dropped."""
        self.folder.mkdir(parents=True, exist_ok=True)
        rows = self._repair()
        (self.folder / "error.txt").unlink(missing_ok=True)
        self._write({**facts, "status": "running"})
        return {row["clip"] for row in rows}

    def append(self, row: Row) -> None:
        """Add the row of one clip. Once written it survives a kill; only a power cut may lose the last rows."""
        with self._rows_file.open("a") as file:
            file.write(json.dumps(row) + "\n")

    def finish(self, order: Sequence[str]) -> None:
        """The cell is complete: rows, in the order of the split, become Parquet."""
        import pandas as pd

        rows = {row["clip"]: row for row in self._read()}
        frame = pd.DataFrame([rows[clip] for clip in order])
        with replacing(self.folder / "clips.parquet") as temporary:
            frame.to_parquet(temporary, index=False)
        self._write({**self.outcome, "status": "ok", "clips": len(frame)})
        self._rows_file.unlink(missing_ok=True)

    def fail(self, reason: str, traceback: str) -> None:
        """The cell failed; the rows it has are kept, so that a later run resumes from them."""
        (self.folder / "error.txt").write_text(traceback)
        self._write({**self.outcome, "status": "failed", "reason": reason, "error_log": "error.txt"})

    def skip(self, facts: Mapping[str, Any], reason: str) -> None:
        """The cell cannot run here."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write({**facts, "status": "skipped", "reason": reason})

    def note(self, facts: Mapping[str, Any]) -> None:
        """Add facts that are known only later, such as the number of parameters."""
        self._write({**self.outcome, **facts})

    def rows(self) -> list[Row]:
        """The rows of the cell, complete or not."""
        import pandas as pd

        table = self.folder / "clips.parquet"
        if table.exists():
            return [{str(k): v for k, v in row.items()} for row in pd.read_parquet(table).to_dict("records")]
        return self._read()

    def _write(self, facts: Mapping[str, Any]) -> None:
        write_atomically(self.folder / "cell.json", json.dumps(facts, indent=1, sort_keys=True))

    def _read(self) -> list[Row]:
        if not self._rows_file.exists():
            return []
        rows: list[Row] = []
        for line in self._rows_file.read_text(errors="replace").split("\n"):
            with suppress(json.JSONDecodeError):  # the line a kill cut off
                rows.append(json.loads(line))
        return [row for row in rows if isinstance(row, dict)]

    def _repair(self) -> list[Row]:
        rows = self._read()
        if rows:
            write_atomically(self._rows_file, "".join(json.dumps(row) + "\n" for row in rows))
        return rows


@dataclass(frozen=True)
class RunFolder:
    """A run folder that this process writes to."""

    path: Path

    def cell(self, cell_id: str) -> CellRecord:
        return CellRecord(self.path / "cells" / cell_id)

    def info(self) -> dict[str, Any]:
        """What `run.json` says."""
        return dict(json.loads((self.path / "run.json").read_text()))

    def write_info(self, info: Mapping[str, Any]) -> None:
        write_atomically(self.path / "run.json", json.dumps(info, indent=1, sort_keys=True))

    def set_status(self, status: str) -> None:
        self.write_info({**self.info(), "status": status})

    def clear(self) -> None:
        """Forget the run in this folder, whatever it was (``--no-resume``)."""
        for folder in ("cells", "pictures"):
            shutil.rmtree(self.path / folder, ignore_errors=True)
        (self.path / "run.json").unlink(missing_ok=True)


@contextmanager
def open_run(path: Path) -> Iterator[RunFolder]:
    """Create or reopen a run folder and lock it.

    Raises `RunFolderError` if the folder cannot be written, the disk is nearly full, or another process holds it:
    before any work is done, not after.
    """
    _check_writable(path)
    with (path / ".lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise RunFolderError(
                f"{path} is in use by process {lock.read().strip() or 'unknown'}; wait for it or choose another --out"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield RunFolder(path)


def _check_writable(path: Path) -> None:
    try:
        (path / "cells").mkdir(parents=True, exist_ok=True)
        probe = path / ".probe.tmp"
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        raise RunFolderError(f"cannot write to {path}: {error.strerror}; choose another --out") from error
    free = shutil.disk_usage(path).free
    if free < SPACE_NEEDED:
        raise RunFolderError(
            f"{path}: only {free / 2**20:.0f} MiB free, a run needs {SPACE_NEEDED / 2**20:.0f}; "
            "free some space or choose another --out"
        )
