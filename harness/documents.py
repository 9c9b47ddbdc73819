"""Files that people write: YAML, checked against a pydantic model, with errors that name file, key and rule."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.reader import ReaderError

from harness import plainyaml
from harness.errors import UsageError
from harness.text import read_text

M = TypeVar("M", bound=BaseModel)
LARGEST = 100_000
"""Bytes; the files that come with the project have up to 5,000."""
MOST_MISTAKES, SHOWN = 10, 120
"""Mistakes that an error lists, and characters of a value that it shows."""


def read_document(path: Path, model: type[M]) -> M:
    """Read a YAML file as a `model`. Raises `UsageError` that names the file and every key that breaks a rule."""
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise UsageError(f"{path}: expected a mapping of keys to values, found {type(data).__name__}")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = [f"{path}: {error.error_count()} mistake(s)", *(f"  {text}" for text in mistakes(error))]
        raise UsageError("\n".join(lines)) from error


def read_yaml(path: Path) -> Any:
    """What a YAML file holds. Raises `UsageError` that names file, line and column."""
    if (size := os.path.getsize(path) if path.is_file() else 0) > LARGEST:
        raise UsageError(f"{path}: {size:,} bytes are too many for a file of settings; at most {LARGEST:,}")
    text = read_text(path)
    try:
        return plainyaml.load(text)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise UsageError(f"{path}: not YAML: line {line}: it has the control character {error.character:#x}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        problem = ", ".join(filter(None, (error.context, error.problem)))
        tabs = "; indent with blanks instead of tabs" if "'\\t'" in str(error.problem) else ""
        raise UsageError(f"{path}: not YAML: {where}{problem}{tabs}") from error


def mistakes(error: ValidationError, inside: str = "") -> list[str]:
    """Each mistake as ``key: rule, found value``, the first few; `inside` is the key that the keys are under."""
    found = error.errors()
    more = [f"and {len(found) - MOST_MISTAKES} more"] if len(found) > MOST_MISTAKES else []
    return [*(_mistake(item, inside) for item in found[:MOST_MISTAKES]), *more]


def _mistake(item: Any, inside: str) -> str:
    key = ".".join(_short(str(part)) for part in (*([inside] if inside else []), *item["loc"]))
    rule = str(item["ctx"]["error"]) if item["type"] == "value_error" else item["msg"]
    # the value of a rule about several keys is the whole file, which need not be repeated
    found = "" if item["type"] == "missing" or not item["loc"] else f", found {_short(repr(item['input']))}"
    return f"{key or '(file)'}: {rule}{found}"


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN // 2]}…{text[-SHOWN // 2 :]}"
