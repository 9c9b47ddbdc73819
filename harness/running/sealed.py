"""JSON that can be checked on its own: what was cut short or changed is noticed, never read."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

from harness.errors import DamagedError

SEAL = "check"
"""Key of the checksum. Records of the first version lack it; their form is all that can be checked."""


def sealed(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with a checksum of them."""
    return {**facts, SEAL: _checksum(facts)}


def sealed_line(facts: Mapping[str, Any]) -> str:
    """`sealed`, of at least one fact, as a line of JSON that is made at one go: rows are many."""
    text = json.dumps(facts, sort_keys=True)
    return f'{text[:-1]}, "{SEAL}": "{_crc(text)}"}}\n'


def unsealed(text: str) -> dict[str, Any]:
    """The facts without their checksum. Raises `DamagedError` if they are not those that were sealed."""
    try:
        facts = json.loads(text)
    except ValueError as error:
        raise DamagedError("not JSON, or cut short" if text.strip() else "empty") from error
    if not isinstance(facts, dict):
        raise DamagedError(f"holds a {type(facts).__name__} instead of facts")
    found = facts.pop(SEAL, None)
    if found is not None and found != _checksum(facts):
        raise DamagedError("was changed after it was written")
    return facts


def _checksum(facts: Mapping[str, Any]) -> str:
    return _crc(json.dumps({key: value for key, value in facts.items() if key != SEAL}, sort_keys=True))


def _crc(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"
