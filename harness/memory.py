"""When memory runs out: how that is told from other errors, trying again with less, and giving back what is free."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import torch

T = TypeVar("T")
WORDS = ("out of memory", "not enough memory", "can't allocate memory", "ALLOC_FAILED")
"""What torch, its allocator for CPUs, and NVIDIA's libraries say in a `RuntimeError`."""


def ran_out(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on any device."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in WORDS)


def with_less(work: Callable[[int], T], size: int, least: int) -> tuple[T, int]:
    """Call `work` with `size`, and with half of it as often as memory runs out; its result, and the size that fitted.

    Raises what `work` raises: with `least` also that memory ran out.
    """
    while True:
        try:
            return work(size), size
        except (MemoryError, RuntimeError) as error:
            if not ran_out(error) or size <= least:
                raise
        # only here, where the error is gone, is what its traceback held free
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        size = max(least, size // 2)


def give_back() -> None:
    """Give memory that is free, but lies between what is not, back to the system; glibc would keep it for later."""
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    """glibc's ``malloc_trim``; None where another library manages memory."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # the last on Windows
        return None
