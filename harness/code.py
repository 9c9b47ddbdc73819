"""A digest of a plugin's code, so that results of an edited plugin are not taken for those of another."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path

from harness.files import sha256

SKIPPED = ("__pycache__",)


def digest_of_file(path: Path) -> str:
    """sha256 of a plugin file; where it imports files beside it (``from .network import Net``), of them as well."""
    beside = _imported_beside(path)
    if not beside:
        return sha256(path)
    named = [("", sha256(path)), *((str(file.relative_to(path.parent)), sha256(file)) for file in sorted(beside))]
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()


def digest_of_entry(entry: EntryPoint) -> str:
    """sha256 over version, names and bytes of all files of the package behind an entry point.

    The files are those that are imported, so an editable installation counts as it is on disk.
    """
    version = entry.dist.version if entry.dist else None
    folders, files = _places(entry.module.partition(".")[0])
    named = [(str(file.relative_to(folder)), sha256(file)) for folder in folders for file in _files(folder)]
    named += [(file.name, sha256(file)) for file in files]
    return hashlib.sha256(json.dumps([version, sorted(named)]).encode()).hexdigest()


def _imported_beside(path: Path) -> set[Path]:
    """The files below the folder of a plugin file that it imports with a dot, directly or through one another."""
    found, waiting = {path}, [path]
    while waiting:
        new = set(_relative_imports(waiting.pop(), path.parent)) - found
        found |= new
        waiting += new
    return found - {path}


def _relative_imports(file: Path, top: Path) -> Iterator[Path]:
    """What runs when the relative imports of a file do; the `__init__` of folder `top` is not among it."""
    try:
        nodes = list(ast.walk(ast.parse(file.read_bytes())))
    except (SyntaxError, ValueError):  # importing it says so
        return
    for node in nodes:
        if not isinstance(node, ast.ImportFrom) or not node.level or node.level > len(file.parents):
            continue
        module = file.parents[node.level - 1].joinpath(*(node.module or "").split("."))
        for place in (module, *(module / alias.name for alias in node.names)):
            packages = [folder for folder in (place, *place.parents) if folder.is_relative_to(top) and folder != top]
            files = [folder.with_name(f"{folder.name}.py") for folder in packages]
            files += [folder / "__init__.py" for folder in packages]
            yield from (file for file in files if file.is_file())


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
