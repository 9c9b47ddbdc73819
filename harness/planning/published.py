"""Tables of published numbers.

A table is a CSV file, one number a line. Its columns `dataset`, `split`, `clips`, `scale`, `degradation`, `flow`,
`fusion` and `recognizer` (with the options of its protocol) say for which protocol a number holds.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.choice import parse_choice
from harness.errors import UsageError
from harness.paths import benchmarks_folder
from harness.specs import SCORED
from harness.syntax import split_pair
from harness.text import read_text

COLUMNS = (
    "system", "dataset", "split", "clips", "scale", "degradation", "flow", "fusion", "recognizer", "stream", "method",
    "top1", "source",
)  # fmt: skip


@dataclass(frozen=True)
class Number:
    """One published number: accuracy in percent of a stream of a recogniser on what a method (or pair) restored."""

    protocol: tuple[str, ...]
    """Data set, split, number of clips, scale, degradation and flow, as the file spells them."""
    fusion: tuple[float, float]
    recognizer: str
    stream: str
    method: str
    top1: float
    source: str


def find_published(name_or_path: str, beside: Path) -> str:
    """A table by the name of one that is shipped, or its path from the folder `beside`. Raises `UsageError`."""
    path = beside / Path(name_or_path).expanduser()
    if path.name == name_or_path and (benchmarks_folder() / "published" / name_or_path).is_file():
        return name_or_path
    if not path.is_file():
        raise UsageError(f"published: {path} does not exist; name a file of benchmarks/published or a path to one")
    return str(path.absolute())


def read_published(name_or_path: str) -> list[Number]:
    """Read a table that `find_published` found. Raises `UsageError` naming file, line and rule."""
    path = benchmarks_folder() / "published" / name_or_path  # an absolute path stays what it is
    reader = csv.DictReader(read_text(path).split("\n"))
    try:
        if tuple(name.strip() for name in reader.fieldnames or ()) != COLUMNS:
            raise UsageError(f"{path}, line 1: the columns must be {','.join(COLUMNS)}")
        reader.fieldnames = COLUMNS
        return [_number(row, f"{path}, line {reader.line_num}") for row in reader]
    except csv.Error as error:
        raise UsageError(f"{path}, line {reader.line_num + 1}: not CSV: {error}") from error


def _number(row: Mapping[Any, Any], where: str) -> Number:
    values = {key: str(row[key] or "").strip() for key in COLUMNS}
    if None in row or not all(values.values()):
        raise UsageError(f"{where}: all {len(COLUMNS)} fields must be given")
    if values["stream"] not in SCORED:
        raise UsageError(f"{where}: stream {values['stream']!r}; one of {', '.join(SCORED)}")
    try:
        spatial, temporal, top1 = map(float, (*values["fusion"].split(":"), values["top1"]))
        split_pair(values["method"]), parse_choice(values["recognizer"])
    except ValueError:
        spatial = temporal = top1 = math.nan
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error
    if not (0 <= top1 <= 100 and 0 <= spatial < math.inf and 0 <= temporal < math.inf):
        raise UsageError(f"{where}: fusion is like 1:1.5, and top1 a number in percent")
    protocol = tuple(values[key] for key in COLUMNS[1:7])
    recognizer, stream, method = (values[key] for key in ("recognizer", "stream", "method"))
    return Number(protocol, (spatial, temporal), recognizer, stream, method, top1, values["source"])
