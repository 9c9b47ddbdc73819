"""What the numbers were measured on."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path
from typing import Any

import torch

from harness.running.environment import describe_environment

FACTS_OF_LINUX = Path("/proc/cpuinfo")
HALF_UNITS = ("avx512_bf16", "amx_bf16", "bf16")
"""Flags of processors that multiply in bf16; on others it is float32 with conversions around it."""


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    found = re.search(r"^model name\s*:\s*(.+)$", _facts(), re.MULTILINE)
    return found[1].strip() if found else platform.processor() or platform.machine() or "unknown"


def multiplies_bf16(device: torch.device) -> bool:
    """Whether the device has instructions for bf16."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    flags = set(re.findall(r"\w+", _facts()))
    return any(unit in flags for unit in HALF_UNITS)


def describe(device: torch.device) -> dict[str, Any]:
    """Processor, card, torch, threads, and the versions of everything."""
    environment = describe_environment(device)
    return {
        "processor": processor(),
        "card": torch.cuda.get_device_name(device) if device.type == "cuda" else None,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "multiplies_bf16": multiplies_bf16(device),
        "environment": environment,
    }


def _facts() -> str:
    return FACTS_OF_LINUX.read_text(errors="replace") if FACTS_OF_LINUX.is_file() else ""
