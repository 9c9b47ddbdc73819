"""A run as one archive: to hand on, and to take in."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from harness.errors import RunFolderError
from harness.files import replacing
from harness.running.folders import FILES, FOLDERS, is_run, read_run, refuse_others

LEFT = (".lock", ".probe.tmp")
"""Files of a run that are of no use elsewhere."""
MADE_AGAIN = ("page", "frames")
"""Folders of a run that a command makes again."""
MOST = 20 * 2**30
"""Bytes of an archive's contents; a run of 4,000 clips and 200 cells has 0.1 GiB."""


def export_run(path: Path, archive: Path) -> int:
    """Write what a run wrote into a zip archive, which appears as a whole; returns the number of files.

    Raises `RunFolderError` for what is no run, and where the archive cannot be written.
    """
    refuse_others(path)
    files = sorted(_written(path))
    try:
        with replacing(archive) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in files:
                packed.write(file, f"{path.resolve().name}/{file.relative_to(path).as_posix()}")
    except OSError as error:
        raise RunFolderError(f"{archive}: cannot be written: {error.strerror}; name another file with --out") from error
    return len(files)


def import_run(archive: Path, folder: Path | None) -> tuple[Path, list[str]]:
    """Unpack a run into `folder`, or into ``runs/`` under its own name; returns where it is, and what is damaged.

    Raises `RunFolderError` for what is no archive of a run, and where the folder is taken or cannot be written.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            name = _name(archive, packed)
            place = folder or Path("runs") / name
            if place.exists():
                raise RunFolderError(f"{place} exists; name another folder with --out")
            _unpack(packed, name, place)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or error
        raise RunFolderError(f"{archive}: cannot be unpacked: {why}") from error
    return place, list(read_run(place).damage)


def _written(path: Path) -> Iterator[Path]:
    for pattern in FILES:
        yield from (file for file in path.glob(pattern) if file.name not in LEFT and file.is_file())
    for folder in (name for name in FOLDERS if name not in MADE_AGAIN):
        yield from (file for file in (path / folder).rglob("*") if file.is_file() and not file.is_symlink())


def _name(archive: Path, packed: zipfile.ZipFile) -> str:
    """The folder that all files of an archive are in. Raises `RunFolderError` for what no export wrote."""
    parts = [Path(entry.filename).parts for entry in packed.infolist() if not entry.is_dir()]
    names = {part[0] for part in parts if len(part) > 1}
    inside = all(".." not in part and len(part) > 1 and not Path(*part).is_absolute() for part in parts)
    if len(names) != 1 or not inside or (next(iter(names)), "run.json") not in parts:
        raise RunFolderError(f"{archive} is no archive of a run; make one with: harness runs export RUN_DIR")
    if sum(entry.file_size for entry in packed.infolist()) > MOST:
        raise RunFolderError(f"{archive}: unpacked it has more than {MOST / 2**30:.0f} GiB, which no run has")
    return next(iter(names))


def _unpack(packed: zipfile.ZipFile, name: str, place: Path) -> None:
    for entry in packed.infolist():
        if entry.is_dir():
            continue
        target = place / Path(*Path(entry.filename).parts[1:])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(packed.read(entry))
    (place / "cells").mkdir(exist_ok=True)
    if not is_run(place):
        raise RunFolderError(f"{place}: what was unpacked is no run")
