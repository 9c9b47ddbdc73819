"""What a training ran on, in one line for the data card."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import torch


def describe_hardware(device: torch.device) -> str:
    """The GPU's name, or the processor's with the number of threads used and of cores."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{_processor()}, {torch.get_num_threads()} thread(s) of {os.cpu_count()} cores"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
