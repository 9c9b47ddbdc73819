"""Whole files: their checksum, and writing them so that nobody reads a part."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHUNK = 1 << 20
NAME_KEPT = 50
"""Characters of a name that its temporary file keeps: file systems allow 255 bytes in all."""


def sha256(path: Path) -> str:
    """The sha256 of a file, in lower-case hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to, which takes its place when the block ends, or is removed if it raises.

    Whoever reads `path` sees the old file or the new one, never a part. The folder must exist. The name of the
    temporary file ends like that of `path`, for encoders that infer the format from it.
    """
    temporary = path.with_name(f".{path.stem[:NAME_KEPT]}.{secrets.token_hex(4)}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Replace a file as a whole, text as UTF-8; the folder must exist."""
    with replacing(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
