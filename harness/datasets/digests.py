"""Digests of clips by content, remembered between runs, so that a data set is read once and not before every run."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path

from harness import paths
from harness.contracts import Clip, Progress
from harness.datasets.listing import children
from harness.files import sha256
from harness.text import escaped

Key = tuple[str, int, int, int]
"""Path, size in bytes, time of the last change in nanoseconds, inode: what tells that a file is still the same."""
COLUMNS = "path text primary key, size integer, mtime integer, inode integer, sha256 text"
WORTH_SHOWING = 200 * 2**20
"""Bytes still to be read from which on progress is reported: about a second."""


def split_digest(clips: Sequence[Clip], progress: Progress | None = None) -> str:
    """sha256 over every clip's id, label, group and content, whatever their order and folder.

    The content of a clip that is kept as images is their names in order and their bytes. `progress` counts clips and
    is called only if there is much to read. Raises `OSError` for a file that is gone.
    """
    contents = _contents(clips, progress)
    rows = [(c.id, c.label, c.group, contents[c.path]) for c in sorted(clips, key=lambda c: c.id)]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def files_of(clip: Clip) -> list[Path]:
    """The clip's file, or all files in the folder of a clip that is kept as images, in natural order.

    What systems leave in folders does not count, so that a look at them changes nothing.
    """
    return [file for file in children(clip.path) if file.is_file()] if clip.path.is_dir() else [clip.path]


def size_of(clip: Clip) -> int:
    """Bytes of all files of a clip."""
    return sum(file.stat().st_size for file in files_of(clip))


def _contents(clips: Sequence[Clip], progress: Progress | None) -> dict[Path, str]:
    files = {clip.path: files_of(clip) for clip in clips}
    keys = {file: _key(file) for listed in files.values() for file in listed}
    known = _remembered(keys.values())
    new = {file for file, key in keys.items() if key not in known}
    shown = progress if sum(keys[file][1] for file in new) > WORTH_SHOWING else None
    found: dict[Path, str] = {}
    for done, (path, listed) in enumerate(files.items(), 1):
        digests = [known.get(keys[file]) or found.setdefault(file, sha256(file)) for file in listed]
        pairs = [(file.name, digest) for file, digest in zip(listed, digests, strict=True)]
        found[path] = hashlib.sha256(json.dumps(pairs).encode()).hexdigest() if path.is_dir() else digests[0]
        if shown is not None:
            shown(done, len(files))
    _remember({keys[file]: found[file] for file in new})
    return {path: found[path] for path in files}


def _key(file: Path) -> Key:
    stat = file.stat()
    return escaped(file.absolute()), stat.st_size, stat.st_mtime_ns, stat.st_ino


def _database() -> sqlite3.Connection:
    paths.home().mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(paths.home() / "digests.sqlite", timeout=30)
    database.execute(f"create table if not exists digests ({COLUMNS})")
    return database


def _remembered(keys: Iterable[Key]) -> dict[Key, str]:
    """Digests of earlier runs. A memory that cannot be used costs time and nothing else."""
    with suppress(sqlite3.Error, OSError), closing(_database()) as database:
        select = "select sha256 from digests where path = ? and size = ? and mtime = ? and inode = ?"
        rows = ((key, database.execute(select, key).fetchone()) for key in keys)
        return {key: str(row[0]) for key, row in rows if row}
    return {}


def _remember(digests: dict[Key, str]) -> None:
    if not digests:
        return
    with suppress(sqlite3.Error, OSError), closing(_database()) as database, database:
        insert = "insert or replace into digests values (?, ?, ?, ?, ?)"
        database.executemany(insert, [(*key, digest) for key, digest in digests.items()])
