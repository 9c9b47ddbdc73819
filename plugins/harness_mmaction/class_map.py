"""Maps the classes of a data set to those of a model that was trained on another one.

A CSV file with the columns ``class`` (of the data set) and ``model_class``: a number from 0, a name of Kinetics-400
(for models of 400 classes, see `classes/kinetics400.txt`), or ``-`` if the model has no such class. A class of the
data set that is several of the model's has a row for each. Every class of the data set must be in it; rows of other
classes do not count, so that one file serves a data set and parts of it.
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path

import torch
from torch import Tensor

from harness.errors import AnnotationError, UsageError
from harness.text import Line, quoted, read_text, same_name

SHIPPED = Path(__file__).parent / "classes"
"""Has ``kinetics400.txt``: the names of Kinetics-400 (Kay et al., 2017) in the order of MMAction2."""
KINETICS = 400
NONE = "-"
COLUMNS = ["class", "model_class"]
LONGEST = 100
"""Characters of a name that an error shows in full."""


@dataclass(frozen=True)
class ClassMap:
    """For every class of the data set, the numbers of the model's classes; empty if the model has none."""

    indices: Sequence[Sequence[int]]

    def restrict(self, scores: Tensor) -> Tensor:
        """Raw scores of the model's classes ``(M,)`` to those of the data set's ``(D,)``.

        Several classes count together: the logarithm of the sum of exponentials, which adds up their probabilities. A
        class that the model lacks scores below all others.
        """
        mapped = [torch.logsumexp(scores[list(which)], dim=0) if which else None for which in self.indices]
        lowest = torch.stack([score for score in mapped if score is not None]).min() - 1
        return torch.stack([lowest if score is None else score for score in mapped])


def find_map(text: str) -> Path:
    """A file, or the name of a mapping that comes with the package. Raises `UsageError` if it is neither."""
    path = Path(os.path.expanduser(text))
    if os.path.isfile(path):  # false for a name longer than the system allows, too
        return path
    shipped = {file.stem: file for file in sorted(SHIPPED.glob("*.csv"))}
    if text not in shipped:
        known = ", ".join(shipped)
        raise UsageError(f"classes={text}: no such file; give a CSV file with class,model_class, or one of: {known}")
    return shipped[text]


def load_map(text: str, class_names: Sequence[str], model_classes: int) -> ClassMap:
    """Read a mapping for a data set's classes and a model of `model_classes` classes.

    Raises `AnnotationError` naming the line with an unknown class of the model, or the classes without a row.
    """
    path = find_map(text)
    rows = _rows(path)
    names = [same_name(name) for name in class_names]
    if unmapped := [name for name in names if name not in rows]:
        raise AnnotationError(
            f"{path}: no row for {_some(unmapped)} of the data set; write the model's class, or {NONE} if it has none"
        )
    indices = [tuple(_index(*row, model_classes) for row in rows[name] if row[1] != NONE) for name in names]
    if not any(indices):
        raise AnnotationError(f"{path}: no class of the data set is one of the model's")
    return ClassMap(indices)


def describe_map(text: str) -> str:
    """For the leaderboard: which classes the scores are of, by which file."""
    path = find_map(text)
    rows = _rows(path)
    mapped = sum(any(model != NONE for _, model in row) for row in rows.values())
    rest = len(rows) - mapped
    lost = f"; clips of the rest ({rest}) count as wrong" if rest else ""
    return f"scores are of the classes that {path.name} maps to the model's, {mapped} of the {len(rows)} in it{lost}"


def digest(text: str) -> str:
    """sha256 of a mapping file."""
    return hashlib.sha256(find_map(text).read_bytes()).hexdigest()


def _rows(path: Path) -> dict[str, list[tuple[Line, str]]]:
    """Line and class of the model, by class of the data set. Raises `AnnotationError`."""
    rows = csv.reader(StringIO(read_text(path), newline=""))
    found: dict[str, list[tuple[Line, str]]] = {}
    try:
        for number, row in enumerate(rows):
            fields, line = [value.strip() for value in row], Line(path, rows.line_num, "")
            if number == 0 and fields != COLUMNS:
                raise line.error(f"{quoted(','.join(fields))}; expected the columns {','.join(COLUMNS)}")
            if number == 0 or not any(fields):
                continue
            if len(fields) != len(COLUMNS) or not all(fields):
                raise line.error(f"expected a class and the model's class, or {NONE}")
            found.setdefault(same_name(fields[0]), []).append((line, fields[1]))
    except csv.Error as error:
        raise Line(path, rows.line_num, "").error(f"not readable as comma-separated text: {error}") from error
    if not found:
        raise AnnotationError(f"{path}: no class in it; it needs the columns {','.join(COLUMNS)}, and rows below")
    return found


def _index(line: Line, model_class: str, count: int) -> int:
    if model_class.isdecimal():
        index = line.integer(model_class, "class")
        if index < count:
            return index
        raise line.error(f"{index}: the model has {count} classes, from 0")
    if count != KINETICS:
        raise line.error(f"{quoted(model_class)}: give a number; the model has {count} classes")
    if model_class not in _kinetics():
        raise line.error(f"{quoted(model_class)} is not a class of Kinetics-400 (kinetics400.txt)")
    return _kinetics()[model_class]


@cache
def _kinetics() -> Mapping[str, int]:
    names = (SHIPPED / "kinetics400.txt").read_text(encoding="utf-8").splitlines()
    return {name: index for index, name in enumerate(names)}


def _some(names: Sequence[str]) -> str:
    shown = [name if len(name) <= LONGEST else quoted(name) for name in names[:4]]
    return ", ".join(shown) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
