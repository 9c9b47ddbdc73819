"""Where things are kept outside a run folder."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

APP = "harness"


def home() -> Path:
    """Folder for data sets that were built and weights that were pulled.

    ``$HARNESS_HOME``, or ``harness`` in the system's folder for caches (on Linux ``~/.cache``).
    """
    if named := os.environ.get("HARNESS_HOME"):
        return Path(named)
    from platformdirs import user_cache_path

    return _old_unless_moved(user_cache_path(APP, appauthor=False), Path.home() / ".cache" / APP)


def config_folder() -> Path:
    """Folder of the user's configuration: ``harness`` in the system's folder for it (on Linux ``~/.config``)."""
    from platformdirs import user_config_path

    return _old_unless_moved(user_config_path(APP, appauthor=False), Path.home() / ".config" / APP)


def _old_unless_moved(now: Path, before: Path) -> Path:
    """`before`, where earlier versions kept it on every system, if that exists and `now` does not."""
    return before if before.exists() and not now.exists() else now


def package_path(resource: str) -> Path:
    """The file behind ``"package:relative/path"``, inside an installed package (which may not exist)."""
    package, _, relative = resource.partition(":")
    return Path(str(files(package))) / relative


def benchmarks_folder() -> Path:
    """The folder of benchmark files that the project ships."""
    return Path(str(files("harness_benchmarks")))
