"""Standard input, output and error of a process, which a plugin may close or replace."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import Any

NAMES = ("stdin", "stdout", "stderr")
"""In the order of their descriptors."""


class Streams:
    """The streams as they are now, to be put back by `restore`, until `close`."""

    def __init__(self) -> None:
        self._objects: list[Any] = [getattr(sys, name) for name in NAMES]
        self._spare = [_copy(descriptor) for descriptor in range(len(NAMES))]

    def restore(self) -> list[str]:
        """Put back what was closed or replaced; the names of those streams."""
        return [name for descriptor, name in enumerate(NAMES) if self._restore(descriptor, name)]

    def close(self) -> None:
        """Give up the copies of the descriptors."""
        for descriptor in self._spare:
            if descriptor is not None:
                os.close(descriptor)

    def _restore(self, descriptor: int, name: str) -> bool:
        spare, stream = self._spare[descriptor], self._objects[descriptor]
        moved = spare is not None and _place(descriptor) != _place(spare)
        if moved and spare is not None:
            os.dup2(spare, descriptor)
        closed = spare is not None and isinstance(stream, TextIOWrapper) and stream.closed
        if closed:
            self._objects[descriptor] = _opened(descriptor, stream)
        replaced = getattr(sys, name) is not self._objects[descriptor]
        if replaced:
            setattr(sys, name, self._objects[descriptor])
        return moved or closed or replaced


def _opened(descriptor: int, like: TextIOWrapper) -> Any:
    """A stream on a descriptor in the place of one that was closed."""
    mode = "r" if descriptor == 0 else "w"
    return open(descriptor, mode, encoding=like.encoding, errors=like.errors, closefd=False)


def _copy(descriptor: int) -> int | None:
    with suppress(OSError):
        return os.dup(descriptor)
    return None


def _place(descriptor: int) -> tuple[int, int] | None:
    """What a descriptor is of; None if it is closed."""
    try:
        found = os.fstat(descriptor)
    except OSError:
        return None
    return found.st_dev, found.st_ino
