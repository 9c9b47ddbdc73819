"""Where pip gets packages from here: its configuration files and environment."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

PYPI = "https://pypi.org/simple"
SECONDS = 60.0
LINE = re.compile(r"(global|download|:env:)\.([a-z-]+)=(.*)")
SECTIONS = ("global", "download", ":env:")
"""Of pip's settings, those that ``pip download`` obeys; later ones override earlier ones."""
PREFIX = "PIP_"
NO = ("", "0", "false", "no", "off")


@dataclass(frozen=True)
class PipSettings:
    """What decides where a package comes from."""

    indexes: tuple[str, ...] = (PYPI,)
    """Addresses of package indexes, in the order in which they are asked."""
    find_links: tuple[str, ...] = ()
    """Folders, and pages with links, that are looked at first."""
    proxy: str | None = None
    certificates: str | None = None
    """A file or folder of authorities to be trusted besides the usual ones."""


def pip_settings() -> PipSettings:
    """pip's own settings, or where there is no pip those of the environment alone."""
    found = _configured() or dict(_from_environment())
    listed = {name: tuple(found.get(name, "").split()) for name in ("index-url", "extra-index-url", "find-links")}
    indexes = (*(listed["index-url"][:1] or (PYPI,)), *listed["extra-index-url"])
    offline = found.get("no-index", "").lower() not in NO
    proxy, certificates = (found.get(name) or None for name in ("proxy", "cert"))
    return PipSettings(() if offline else indexes, listed["find-links"], proxy, certificates)


def _configured() -> dict[str, str]:
    """Every setting that pip lists, by its name; empty without pip."""
    command = [sys.executable, "-m", "pip", "config", "list", "--disable-pip-version-check"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    lines = [line for line in map(LINE.fullmatch, told.splitlines()) if line]
    return {line[2]: _value(line[3]) for section in SECTIONS for line in lines if line[1] == section}


def _value(text: str) -> str:
    try:
        return str(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return text


def _from_environment(environment: Mapping[str, str] = os.environ) -> Iterator[tuple[str, str]]:
    for name, value in environment.items():
        if name.startswith(PREFIX):
            yield name.removeprefix(PREFIX).lower().replace("_", "-"), value
