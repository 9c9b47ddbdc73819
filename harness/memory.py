"""When memory runs out: how that is told from other errors, trying again with less, and giving back what is free.

And when there is enough of it: keeping what is free, for a network that learns takes the same blocks again and again.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import torch

T = TypeVar("T")
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""glibc's names of what `keep` sets."""
KEPT = 1 << 30
"""Bytes; beyond these free memory goes back to the system as usual."""
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


def keep() -> None:
    """Keep memory that becomes free for what is needed next; glibc would give large blocks back at once.

    A network that learns on a CPU frees and takes blocks of many megabytes in every layer, and the system clears every
    page that it hands out. Kept, they cost nothing: TSN learns 1.7 times as fast.
    """
    set_option = _of_glibc("mallopt")
    if set_option is not None:
        set_option(M_MMAP_THRESHOLD, KEPT)
        set_option(M_TRIM_THRESHOLD, KEPT)


def give_back() -> None:
    """Give memory that is free, but lies between what is not, back to the system; glibc would keep it for later."""
    trim = _of_glibc("malloc_trim")
    if trim is not None:
        trim(0)


@cache
def _of_glibc(name: str) -> Any:
    """A function of glibc's; None where another library manages memory."""
    try:
        return getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):  # the last on Windows
        return None
