"""What was written about a network into its file, by ``harness train`` or when its checkpoint was converted."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from pathlib import Path
from typing import Any

from harness.errors import WeightsError
from harness.files import CHUNK

LARGEST_HEADER = 100_000_000
"""In bytes; the limit of safetensors itself."""


def described(file: Path) -> dict[str, Any]:
    """What was written into the header of a safetensors file; empty for any other file.

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


def problem_of_converted(file: Path, sha256: str) -> str:
    """What is wrong with a file that was converted from one of this checksum; empty if nothing is.

    Raises `WeightsError` for a broken header.
    """
    said = described(file)
    if said.get("sha256") != sha256.lower():
        return f"it was made from another file, whose sha256 is {said.get('sha256', 'not said')}"
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        stream.seek(length, os.SEEK_CUR)
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return "" if digest.hexdigest() == said.get("numbers") else "its numbers are not those that were installed"


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
