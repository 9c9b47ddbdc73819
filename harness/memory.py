"""When memory runs out: how that is told from other errors, and trying again with less."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

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
