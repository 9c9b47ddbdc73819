"""Writing reports: into the folder of a run, or where the user says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import ContractError, HarnessError, UsageError
from harness.files import write_atomically
from harness.leaderboard.reports import render_report
from harness.leaderboard.table import Leaderboard
from harness.registry import Registry
from harness.specs import ReportSpec

if TYPE_CHECKING:
    from harness.running.reading import RunRecord

RUN_FILES = ("run.json", ".lock", "cells", "pictures", "page", "frames")
"""What a report may not write over."""


@dataclass(frozen=True)
class Written:
    """What became of a run's reports: the files, and why those that are missing failed, a line each."""

    files: Sequence[Path]
    failures: Sequence[str]


def write_board(board: Leaderboard, run: RunRecord, registry: Registry, folder: Path) -> Written:
    """Write every report that a run's folder keeps, each file as a whole or not at all.

    A report that fails costs nothing but its own files.
    """
    written: dict[Path, str] = {}
    failures: list[str] = []
    for spec in registry.all(ReportSpec).values():
        if not spec.default:
            continue
        try:
            files = render_report(spec, board, run)
            _refuse_taken(spec, files, {path.name: owner for path, owner in written.items()})
            for name, content in files.items():
                write_atomically(folder / name, content)
                written[folder / name] = spec.name
        except HarnessError as error:
            failures.append(str(error))
        except OSError as error:
            failures.append(f"report {spec.name!r} cannot be written to {folder}: {error.strerror}")
    return Written(list(written), failures)


def write_to(out: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write a report into a folder, or its first file as `out` and the others beside it.

    Returns the files. Raises `UsageError` if they cannot be written, or two would have one name.
    """
    first, *others = files
    places = [out / name for name in files] if out.is_dir() else [out, *(out.parent / name for name in others)]
    if len(set(places)) < len(places):
        raise UsageError(f"--out {out}: another file of this report has that name; choose one other than {first}")
    try:
        for place, content in zip(places, files.values(), strict=True):
            place.write_bytes(content)
    except OSError as error:
        raise UsageError(f"--out {out}: cannot be written: {error.strerror}") from error
    return places


def write_into(file: Path, marker: str, text: str) -> bool:
    """Put a text between two markers of a file, ``<!-- harness: NAME -->`` and ``<!-- /harness: NAME -->``.

    Returns whether anything changed; a file that has the text already is not touched. Raises `UsageError` for a file
    that cannot be read or written, or that lacks the markers, with what to write.
    """
    first, last = (f"<!-- {end}harness: {marker} -->" for end in ("", "/"))
    try:
        before = file.read_bytes().decode()
        if before.count(first) != 1 or before.count(last) != 1 or before.index(last) < before.index(first):
            raise UsageError(f"{file}: write two lines where the table is to stand, once each: {first} and {last}")
        head, tail = before.index(first) + len(first), before.index(last)
        line = "\r\n" if "\r\n" in before else "\n"
        after = before[:head] + line + text.strip().replace("\n", line) + line + before[tail:]
        if after != before:
            write_atomically(file, after)
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise UsageError(f"--into {file}: {error.strerror}; name a text file that can be written") from error
    return after != before


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a report of many files into a folder of its own, which is made where it is not there.

    Files of an earlier report that this one does not have stay. Raises `UsageError` if it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_atomically(folder / name, content)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error.strerror}; name another folder") from error


def _refuse_taken(spec: ReportSpec, files: Mapping[str, bytes], owners: Mapping[str, str]) -> None:
    for name in files:
        if name in RUN_FILES:
            raise ContractError(f"report {spec.name!r} gives {name}, which belongs to the run; give it another name")
        if name in owners:
            raise ContractError(f"reports {owners[name]!r} and {spec.name!r} both give {name}; rename one")
