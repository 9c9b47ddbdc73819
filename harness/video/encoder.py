"""Opening an encoder, without what one of them does to the process that it runs in."""

from __future__ import annotations

import os
from contextlib import suppress

from av.codec.context import CodecContext


def open_encoder(context: CodecContext) -> None:
    """Open an encoder whose settings are complete. Raises libav's errors.

    Run as root, SVT-AV1 makes the thread that opens it real-time at the highest priority, before which nothing else on
    the machine gets its turn, and all threads that come later with it. They get their usual priority back.
    """
    if not hasattr(os, "sched_getscheduler"):  # not on macOS and Windows
        context.open()
        return
    usual = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        context.open()
    finally:
        for thread in _threads():
            with suppress(OSError):  # it has ended, or may not be changed
                if os.sched_getscheduler(thread) in (os.SCHED_FIFO, os.SCHED_RR) and usual[0] == os.SCHED_OTHER:
                    os.sched_setscheduler(thread, *usual)


def _threads() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc/self/task")]
    except OSError:
        return [0]  # this one
