"""A digest of a plugin's code, so that results of an edited plugin are not taken for those of another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path

from harness.files import sha256

SKIPPED = ("__pycache__",)


def digest_of_file(path: Path) -> str:
    """sha256 of a plugin file."""
    return sha256(path)


def digest_of_entry(entry: EntryPoint) -> str:
    """sha256 over version, names and bytes of all files of the package behind an entry point.

    The files are those that are imported, so an editable installation counts as it is on disk.
    """
    version = entry.dist.version if entry.dist else None
    folders, files = _places(entry.module.partition(".")[0])
    named = [(str(file.relative_to(folder)), sha256(file)) for folder in folders for file in _files(folder)]
    named += [(file.name, sha256(file)) for file in files]
    return hashlib.sha256(json.dumps([version, sorted(named)]).encode()).hexdigest()


def _places(package: str) -> tuple[list[Path], list[Path]]:
    """Folders of a package, or the file of a module."""
    spec = find_spec(package)
    if spec is None:
        return [], []
    if spec.submodule_search_locations is not None:
        return [Path(folder) for folder in spec.submodule_search_locations], []
    return [], [Path(spec.origin)] if spec.origin else []


def _files(folder: Path) -> Iterable[Path]:
    every = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return (path for path in every if not set(SKIPPED) & set(path.parts) and path.suffix != ".pyc")
