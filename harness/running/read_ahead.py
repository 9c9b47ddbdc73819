"""Reading a clip while another one is computed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

import torch

T = TypeVar("T")


class Reader(Protocol):
    """Does jobs of reading, one after the other."""

    def ask(self, job: Callable[[], T]) -> Callable[[], T]:
        """Have a job done. What is returned gives its result, or raises what it raised, to whoever calls it."""
        ...

    def stop(self) -> None:
        """Forget the jobs that were not begun."""
        ...


class OnDemand:
    """Does a job when its result is wanted, and not if it never is."""

    def ask(self, job: Callable[[], T]) -> Callable[[], T]:
        return job

    def stop(self) -> None:
        """There is nothing to forget."""


class Ahead:
    """Does jobs in one thread of its own, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._pool = _one_thread()

    def ask(self, job: Callable[[], T]) -> Callable[[], T]:
        return self._pool.submit(job).result

    def stop(self) -> None:
        """Forget the jobs that were not begun; the one in work is finished."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = _one_thread()


def reader_for(device: torch.device) -> Reader:
    """What pays on a device: on a GPU a thread, for the cores would idle; on a CPU they have enough to do."""
    return Ahead() if device.type == "cuda" else OnDemand()


def _one_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="reading")
