"""Finds a data set's folder and the lists in it, and the classes that lists name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from harness.config import config_file, data_variable
from harness.datasets.listing import named
from harness.errors import UsageError
from harness.text import Line, quoted, same_name

LONGEST = 100
"""Characters of an unknown name that are compared with the known ones."""


def require_root(name: str, root: Path | None, source: str) -> Path:
    """The folder of a data set, which should hold `source`. Raises `UsageError` saying what to get and where."""
    if root is None:
        raise UsageError(
            f"data set {name!r}: no folder given. It should hold {source}. Give it with --data DIR, in the environment "
            f"variable {data_variable(name)}, or as `data: {{{name}: DIR}}` in {config_file()}"
        )
    if not os.path.isdir(root):  # false for a name longer than the system allows, too
        raise UsageError(f"data set {name!r}: {root} is not a folder. It should hold {source}")
    return root


def find_lists(root: Path, folders: Sequence[str], pattern: str, source: str) -> Path:
    """The first of `folders` (below `root`) with a file that matches `pattern`.

    Raises `UsageError` saying where it looked and what to get.
    """
    places = [root / folder for folder in folders]
    for place in places:
        if place.is_dir() and named(place, pattern):
            return place
    looked = ", ".join(str(place) for place in places)
    raise UsageError(f"no {pattern} found; looked in {looked}. Get {source}")


def label_of(name: str, classes: Sequence[str], line: Line, source: str) -> int:
    """Index of a class name, in any letter case and with accents composed or not, if that is unambiguous.

    Raises `AnnotationError` with the nearest names; `source` says where the classes come from.
    """
    if name in classes:
        return classes.index(name)
    alike = [index for index, known in enumerate(classes) if same_name(known).lower() == same_name(name).lower()]
    if len(alike) == 1:
        return alike[0]
    close = get_close_matches(name[:LONGEST], classes, n=3, cutoff=0.6)
    hint = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
    raise line.error(f"class {quoted(name)} is not in {source}.{hint}")
