"""`harness plugins new`: a starter package that can be installed, has a test, and works."""

from __future__ import annotations

import importlib.util
import keyword
import re
from importlib.resources import files
from pathlib import Path
from string import Template

from harness.errors import UsageError

TEMPLATES = {
    "pyproject.toml.tmpl": "pyproject.toml",
    "README.md.tmpl": "README.md",
    "plugin.py.tmpl": "{name}/__init__.py",
    "method.py.tmpl": "{name}/method.py",
    "test_plugin.py.tmpl": "tests/test_{name}.py",
}


def write_package(name: str, out: Path) -> list[Path]:
    """Write the package `name` into the new folder ``out/name`` and return its files.

    Raises `UsageError` for a name that Python cannot import or that would hide another module, and for a folder that
    exists or cannot be written.
    """
    check_name(name)
    folder = out / name
    if folder.exists():
        raise UsageError(f"{folder} exists; choose another name, or another folder with --out")
    refuse_to_hide(name)
    values = {"name": name, "distribution": name.replace("_", "-")}
    written = []
    try:
        for template, target in TEMPLATES.items():
            text = (files("harness") / "templates" / template).read_text(encoding="utf-8")
            path = folder / target.format(name=name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(Template(text).substitute(values), encoding="utf-8")
            written.append(path)
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}; choose another folder with --out") from error
    return written


def check_name(name: str) -> None:
    """Raise `UsageError` unless `name` can be a Python package."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        proposal = re.sub(r"\W+", "_", name.strip().lower(), flags=re.ASCII).strip("_")
        hint = f"; try {proposal!r}" if re.fullmatch(r"[a-z][a-z0-9_]*", proposal) and proposal != name else ""
        raise UsageError(
            f"{name!r} cannot name a Python package: use a-z, 0-9 and _, a letter first, and no keyword{hint}"
        )


def refuse_to_hide(name: str) -> None:
    """Raise `UsageError` if a module of this name is already installed."""
    found = importlib.util.find_spec(name)
    if found is not None:
        where = f" ({found.origin})" if found.origin else ""
        raise UsageError(f"{name!r} would hide the installed module of this name{where}; choose another")
