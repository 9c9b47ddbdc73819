"""What ``harness train`` wrote about a network into its file."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from harness.errors import WeightsError

LARGEST_HEADER = 100_000_000
"""In bytes; the limit of safetensors itself."""


def described(file: Path) -> dict[str, Any]:
    """What ``harness train`` wrote into the header of a safetensors file; empty for any other file.

    Raises `WeightsError` for a safetensors file with a broken header.
    """
    if file.suffix != ".safetensors":
        return {}
    try:
        with file.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            if length > LARGEST_HEADER:
                raise ValueError(f"a header of {length} bytes")
            header = json.loads(stream.read(length))
        written = json.loads(header.get("__metadata__", {}).get("harness", "{}"))
        return _checked(written)
    except OSError as error:
        raise WeightsError(f"{file}: cannot be read: {error.strerror or error}") from error
    except (ValueError, TypeError, struct.error, AttributeError, ArithmeticError, RecursionError) as error:
        raise WeightsError(f"{file}: not a safetensors file, or cut short: {error}") from error


def _checked(written: dict[str, Any]) -> dict[str, Any]:
    """What a header says, as text, but for the scale and the options. Raises various errors where it says nonsense."""
    said: dict[str, Any] = {key: _text(value) for key, value in written.items() if value is not None}
    options = dict(json.loads(said.get("options", "{}")))
    for value in options.values():
        _text("" if value is None else value)
    scale = {"scale": int(said["scale"])} if said.get("scale") else {}
    if scale and scale["scale"] < 1:
        raise ValueError(f"scale {scale['scale']}")
    return {**{key: value for key, value in said.items() if key != "scale"}, **scale, "options": options}


def _text(value: object) -> str:
    if not isinstance(value, str | int | float):
        raise ValueError(f"{type(value).__name__} in place of a text or number")
    return str(value)
