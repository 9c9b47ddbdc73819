"""Opening an encoder, without what some of them do to the process that they run in and to pictures."""

from __future__ import annotations

import os
from contextlib import suppress

import torch
from av.codec.context import CodecContext

X264_PARAMS = "x264-params"
WITHOUT_AVX512 = "asm=MMX2,SSE2Fast,SSSE3,SSE4.2,AVX,FMA3,BMI2,AVX2"
"""With AVX-512 x264 looks beyond a frame while it plans, so that one and the same clip comes out in several ways."""


def open_encoder(context: CodecContext) -> None:
    """Open an encoder whose settings are complete. Raises libav's errors.

    x264 does without AVX-512, unless its own parameters name other instructions, so that a clip comes out one way.

    Run as root, SVT-AV1 makes the thread that opens it real-time at the highest priority, before which nothing else on
    the machine gets its turn, and all threads that come later with it. They get their usual priority back.
    """
    if context.codec.name.startswith("libx264") and torch.backends.cpu.get_cpu_capability() == "AVX512":
        own = context.options.get(X264_PARAMS)
        context.options[X264_PARAMS] = f"{WITHOUT_AVX512}:{own}" if own else WITHOUT_AVX512
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
