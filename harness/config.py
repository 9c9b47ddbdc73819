"""What a user says once for all commands: where the data sets are."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from harness.documents import read_yaml
from harness.errors import UsageError
from harness.paths import config_folder


class UserConfig(BaseModel):
    """The user's configuration file, ``data: {ucf101: /data/UCF-101}``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: dict[str, Path] = {}
    """Folders by name of data set; relative ones start at the file's folder."""


def config_file() -> Path:
    """``$HARNESS_CONFIG``, or ``config.yaml`` in `config_folder`; it need not exist unless the variable names it."""
    named = os.environ.get("HARNESS_CONFIG")
    return Path(named).expanduser() if named else config_folder() / "config.yaml"


def load_config() -> UserConfig:
    """The user's configuration, empty if there is no file. Raises `UsageError` naming file, key and rule."""
    path = config_file()
    if not path.is_file():
        if os.environ.get("HARNESS_CONFIG"):
            raise UsageError(f"HARNESS_CONFIG names {path}, which does not exist")
        return UserConfig()
    try:
        return UserConfig.model_validate(read_yaml(path) or {})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "(file)"
        raise UsageError(f"{path}: {key}: {first['msg']}; write `data: {{NAME: FOLDER}}`") from error


def data_variable(name: str) -> str:
    """The environment variable that names a data set's folder: ``HARNESS_DATA_UCF101``."""
    return "HARNESS_DATA_" + re.sub(r"[^A-Z0-9]+", "_", name.upper())


def data_folder(name: str, given: Path | None = None) -> Path | None:
    """The folder of a data set: the one given on the command line, else the environment's, else the configuration's.

    None if none is named. Raises `UsageError` if the configuration is broken.
    """
    if given is not None:
        return given.expanduser()
    if named := os.environ.get(data_variable(name)):
        return Path(named).expanduser()
    folder = load_config().data.get(name)
    return config_file().parent / folder.expanduser() if folder else None
