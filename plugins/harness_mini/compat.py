"""The one door to pybullet, an optional extra that only `harness datasets build mini-2` needs."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from harness.errors import HarnessError


def _need(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise HarnessError(
            f"rendering the data set `mini-2` needs {module}, which is not installed: "
            'pip install "harness-sr[mini-build]"'
        ) from error


def need_pybullet() -> Any:
    """The module pybullet; raises HarnessError with the command that installs it."""
    return _need("pybullet")


def motion_folder() -> Path:
    """The folder of motion-capture files that pybullet ships; raises HarnessError if pybullet is missing."""
    return Path(_need("pybullet_data").getDataPath()) / "data" / "motions"
