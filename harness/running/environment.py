"""What a run was made with: versions, revision, device, threads. Recorded, never part of a cell's identity."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.registry import DISTRIBUTION

if TYPE_CHECKING:
    import torch


def describe_environment(device: torch.device) -> dict[str, Any]:
    """Everything about this machine and installation that may explain a difference between two runs."""
    import torch

    from harness.video.frames import decoder_name

    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: package_version(name) for name in packages()},
        "revision": git_revision(Path(__file__).parent),
        "device": str(device),
        "device_name": torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or "cpu",
        "threads": torch.get_num_threads(),
        "cpu_count": os.cpu_count(),
        "decoder": decoder_name(),
    }


def packages() -> list[str]:
    """The distributions that the project requires, including itself; extras are left out."""
    needed = [line for line in requires(DISTRIBUTION) or () if "extra ==" not in line]
    return [DISTRIBUTION, *(re.split(r"[^A-Za-z0-9._-]", line)[0] for line in needed)]


def package_version(name: str) -> str | None:
    """Installed version of a distribution, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def git_revision(folder: Path) -> dict[str, Any] | None:
    """Commit and whether the work tree differs from it; None outside a git checkout."""
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        dirty = bool(_git(folder, "status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.CalledProcessError):
        return None
    return {"commit": commit, "dirty": dirty}


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()
