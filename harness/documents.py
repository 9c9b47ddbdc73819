"""Files that people write: YAML, checked against a pydantic model, with errors that name file, key and rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from harness.errors import UsageError

M = TypeVar("M", bound=BaseModel)


def read_document(path: Path, model: type[M]) -> M:
    """Read a YAML file as a `model`. Raises `UsageError` that names the file and every key that breaks a rule."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not YAML: {error}") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    if not isinstance(data, dict):
        raise UsageError(f"{path}: expected a mapping of keys to values, found {type(data).__name__}")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = [f"{path}: {error.error_count()} mistake(s)", *(f"  {text}" for text in mistakes(error))]
        raise UsageError("\n".join(lines)) from error


def mistakes(error: ValidationError, inside: str = "") -> list[str]:
    """Each mistake as ``key: rule, found value``; `inside` is the key that the keys are under."""
    return [_mistake(item, inside) for item in error.errors()]


def _mistake(item: Any, inside: str) -> str:
    key = ".".join(str(part) for part in (*([inside] if inside else []), *item["loc"]))
    rule = str(item["ctx"]["error"]) if item["type"] == "value_error" else item["msg"]
    # the value of a rule about several keys is the whole file, which need not be repeated
    found = "" if item["type"] == "missing" or not item["loc"] else f", found {item['input']!r}"
    return f"{key or '(file)'}: {rule}{found}"
