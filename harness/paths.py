"""Where things are kept outside a run folder."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path


def home() -> Path:
    """Folder for data sets that were built and weights that were pulled: ``$HARNESS_HOME`` or ``~/.cache/harness``."""
    return Path(os.environ.get("HARNESS_HOME") or Path.home() / ".cache" / "harness")


def package_path(resource: str) -> Path:
    """The file behind ``"package:relative/path"``, inside an installed package (which may not exist)."""
    package, _, relative = resource.partition(":")
    return Path(str(files(package))) / relative


def benchmarks_folder() -> Path:
    """The folder of benchmark files that the project ships."""
    return Path(str(files("harness_benchmarks")))
