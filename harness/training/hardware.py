"""What a training ran on, in one line for the data card."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import torch

CPU_INFO = Path("/proc/cpuinfo")
BF16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}
"""Of x86 and ARM processors that compute in bfloat16; others convert each number and back."""


def computes_bf16(device: torch.device) -> bool:
    """Whether a device has instructions for bfloat16. True where that cannot be found out, as without ``/proc``."""
    if device.type != "cpu":
        return True
    flags = {flag for key in ("flags", "Features") for line in _cpu_info(key) for flag in line.split()}
    return not flags or bool(flags & BF16_FLAGS)


def describe_hardware(device: torch.device) -> str:
    """The GPU's name, or the processor's with the number of threads used and of cores."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{_processor()}, {torch.get_num_threads()} thread(s) of {os.cpu_count()} cores"


def _processor() -> str:
    return next(iter(_cpu_info("model name")), platform.processor() or platform.machine())


def _cpu_info(key: str) -> list[str]:
    lines = CPU_INFO.read_text().splitlines() if CPU_INFO.is_file() else []
    return [line.partition(":")[2].strip() for line in lines if line.startswith(key)]
