"""The run folder: the only record of a run, readable with pandas.

    RUN/run.json                  what was asked, the resolved benchmark, environment, status
    RUN/cells/ID/cell.json        identity and outcome of one cell
    RUN/cells/ID/clips.jsonl      one line a clip while the cell is running, appended and flushed
    RUN/cells/ID/clips.parquet    the same rows once the cell is complete
    RUN/cells/ID/error.txt        traceback of a failed cell
    RUN/workers/N.log             what worker N printed
    RUN/protocols/NAME.json       what run.json said of another protocol whose cells are here
    RUN/damaged/                  what was not as it had been written, set aside by the next run

Whole files are written under another name and then renamed, so a kill at any moment leaves the old file or the new one.
Every record carries a checksum, so that damage is noticed and costs that record alone.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from harness.errors import DamagedError, RunFolderError, UnknownNameError, one_line
from harness.files import replacing, sha256, write_atomically
from harness.planning.cells import cell_id
from harness.running.rows import Row
from harness.running.sealed import sealed, sealed_line, unsealed

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 1
WORKER_LOGS = "workers"
"""Folder in a run folder for what workers print."""
NOTHING: Mapping[str, str] = MappingProxyType({})
SPACE_NEEDED = 64 * 2**20
"""Bytes that must be free before a run begins; the rows of 4,000 clips and 200 cells take about half of it."""


class CellRecord:
    """The record of one cell. Rows are appended clip by clip; `finish` turns them into Parquet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._facts_file = folder / "cell.json"
        self._rows_file = folder / "clips.jsonl"
        self._table_file = folder / "clips.parquet"

    @property
    def outcome(self) -> dict[str, Any]:
        """What `cell.json` says; empty for a cell that was never begun. Raises `DamagedError`."""
        return _read_sealed(self._facts_file) if self._facts_file.exists() else {}

    def check(self) -> None:
        """Raise `DamagedError` that says what of the record is not as it was written."""
        facts = self.outcome
        if not facts:
            if self._table_file.exists():
                raise DamagedError("cell.json is gone")
            return
        if facts.get("cell", self.folder.name) != self.folder.name:
            raise DamagedError(f"cell.json is of the cell {facts['cell']}")
        if "identity" in facts and cell_id(facts["identity"]) != self.folder.name:
            raise DamagedError("cell.json is of another cell")
        if facts.get("status") == "ok":
            self._check_table(facts)

    def begin(self, facts: Mapping[str, Any]) -> set[str]:
        """Open the cell and return the ids of clips already recorded. A line cut off by a kill is dropped.

        Remarks on those clips stay.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        rows = self._lines()
        remarks = self.outcome.get("remarks") if rows else None
        write_atomically(self._rows_file, "".join(map(sealed_line, rows)))
        (self.folder / "error.txt").unlink(missing_ok=True)
        self._write({**facts, "status": "running", **({"remarks": remarks} if remarks else {})})
        return {row["clip"] for row in rows}

    def append(self, row: Row) -> None:
        """Add the row of one clip. Once written it survives a kill; only a power cut may lose the last rows."""
        with self._rows_file.open("a") as file:
            file.write(sealed_line(row))

    def finish(self, order: Sequence[str], unreadable: Mapping[str, str] = NOTHING) -> None:
        """The cell is complete, but for clips that cannot be read: rows, in the order of the split, become Parquet.

        If there are such clips, the lines are kept, so that a command that does not skip them need not start over.
        """
        import pandas as pd

        rows = {row["clip"]: row for row in self._lines()}
        frame = pd.DataFrame([rows[clip] for clip in order if clip not in unreadable])
        with replacing(self._table_file) as temporary:
            frame.to_parquet(temporary, index=False)
        ended = {"status": "ok", "clips": len(frame), "digest": sha256(self._table_file)}
        self._write({**self.outcome, **ended, **({"unreadable": dict(unreadable)} if unreadable else {})})
        if not unreadable:
            self._rows_file.unlink(missing_ok=True)

    def fail(self, reason: str, traceback: str) -> None:
        """The cell failed; its rows are kept, so that a later run resumes from them."""
        (self.folder / "error.txt").write_text(traceback, "utf-8", errors="backslashreplace")
        self._write({**self.outcome, "status": "failed", "reason": reason, "error_log": "error.txt"})

    def skip(self, facts: Mapping[str, Any], reason: str) -> None:
        """The cell cannot run here."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write({**facts, "status": "skipped", "reason": reason})

    def note(self, facts: Mapping[str, Any]) -> None:
        """Add facts that are known only later, such as the number of parameters."""
        self._write({**self.outcome, **facts})

    def lines(self) -> int:
        """About how many rows a cell has that is not complete, without reading them."""
        return self._rows_file.read_bytes().count(b"\n") if self._rows_file.exists() else 0

    def rows(self) -> list[Row]:
        """The rows of the cell, complete or not."""
        if self.outcome.get("status") == "ok":
            return [{str(k): v for k, v in row.items()} for row in self.table().to_dict("records")]
        return self._lines()

    def table(self) -> pd.DataFrame:
        """`rows` as a table."""
        import pandas as pd

        complete = self.outcome.get("status") == "ok"
        return pd.read_parquet(self._table_file) if complete else pd.DataFrame(self._lines())

    def _write(self, facts: Mapping[str, Any]) -> None:
        write_atomically(self._facts_file, json.dumps(sealed(facts), indent=1, sort_keys=True))

    def _check_table(self, facts: Mapping[str, Any]) -> None:
        import pandas as pd

        if not self._table_file.exists():
            raise DamagedError("clips.parquet is gone")
        if facts.get("digest"):
            if sha256(self._table_file) != facts["digest"]:
                raise DamagedError("clips.parquet is not the one that was written")
            return
        try:  # written by a version that kept no digest: its form is all there is to check
            clips = pd.read_parquet(self._table_file, columns=["clip"])["clip"]
        except (OSError, ValueError, KeyError) as error:
            raise DamagedError(f"clips.parquet cannot be read: {one_line(error)}") from error
        if len(clips) != facts["clips"] or clips.duplicated().any():
            raise DamagedError(f"clips.parquet has {clips.nunique()} of {facts['clips']} clips")

    def _lines(self) -> list[Row]:
        """The rows of the lines that are whole; whatever else is in the file is computed again."""
        if not self._rows_file.exists():
            return []
        rows: dict[str, Row] = {}
        for line in self._rows_file.read_text(errors="replace").split("\n"):
            with suppress(DamagedError):
                row = unsealed(line)
                rows[str(row["clip"])] = row
        return list(rows.values())


def _read_sealed(path: Path) -> dict[str, Any]:
    try:
        return unsealed(path.read_text(errors="replace"))
    except DamagedError as error:
        raise DamagedError(f"{path.name}: {error}") from error


@dataclass(frozen=True)
class RunFolder:
    """A run folder that this process writes to."""

    path: Path
    healed: Sequence[str] = ()
    """What was damaged when it was opened, and set aside: a line each."""

    def cell(self, cell_id: str) -> CellRecord:
        return CellRecord(self.path / "cells" / cell_id)

    @property
    def cells(self) -> Sequence[str]:
        """Ids of all cells that are here, whatever command they are of."""
        return sorted(folder.name for folder in (self.path / "cells").iterdir() if folder.is_dir())

    def info(self) -> dict[str, Any]:
        """What `run.json` says. Raises `DamagedError`."""
        return _read_sealed(self.path / "run.json")

    def write_info(self, info: Mapping[str, Any]) -> None:
        write_atomically(self.path / "run.json", json.dumps(sealed(info), indent=1, sort_keys=True))

    @property
    def protocols(self) -> Sequence[str]:
        """Names of the protocols of earlier tables (`harness.running.protocols`)."""
        return sorted(file.stem for file in (self.path / "protocols").glob("*.json"))

    def protocol(self, name: str) -> dict[str, Any]:
        """What `run.json` said of an earlier protocol. Raises `UnknownNameError` and `DamagedError`."""
        if name not in self.protocols:
            raise UnknownNameError(f"protocol of {self.path}", name, self.protocols)
        return _read_sealed(self.path / "protocols" / f"{name}.json")

    def write_protocol(self, name: str, info: Mapping[str, Any]) -> None:
        (self.path / "protocols").mkdir(exist_ok=True)
        write_atomically(self.path / "protocols" / f"{name}.json", json.dumps(sealed(info), indent=1, sort_keys=True))

    def set_status(self, status: str) -> None:
        self.write_info({**self.info(), "status": status})

    def heal(self) -> list[str]:
        """Set aside what is damaged, to be computed again; returns a line for each, saying what and why."""
        told = []
        for name in self.cells:
            try:
                self.cell(name).check()
            except DamagedError as error:
                told.append(f"cell {name}: {error}; set aside as {self._set_aside(f'cells/{name}')}")
        infos = [self.path / "run.json", *(self.path / "protocols").glob("*.json")]
        for path in infos:
            try:
                if path.exists():
                    _read_sealed(path)
            except DamagedError as error:
                told.append(f"{error}; set aside as {self._set_aside(str(path.relative_to(self.path)))}")
        return told

    def _set_aside(self, name: str) -> str:
        damaged = self.path / "damaged"
        damaged.mkdir(exist_ok=True)
        stem = Path(name).name
        taken = (damaged / (stem if not n else f"{stem}.{n}") for n in count())
        target = next(path for path in taken if not path.exists())
        (self.path / name).rename(target)
        return str(target.relative_to(self.path))

    def clear(self) -> None:
        """Forget the run in this folder, whatever it was (``--no-resume``)."""
        for folder in ("cells", "pictures", "protocols", WORKER_LOGS):
            shutil.rmtree(self.path / folder, ignore_errors=True)
        (self.path / "run.json").unlink(missing_ok=True)
        (self.path / "cells").mkdir(exist_ok=True)  # it may not have been removed


@contextmanager
def open_run(path: Path) -> Iterator[RunFolder]:
    """Create or reopen a run folder and lock it.

    What is damaged is set aside. Raises `RunFolderError` if the folder cannot be written, the disk is nearly full, or
    another process holds it: before any work is done, not after.
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
        yield RunFolder(path, RunFolder(path).heal())


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
