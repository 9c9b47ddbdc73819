"""`harness plugins new`: a starter package that can be installed, has a test, and works."""

from __future__ import annotations

import importlib.util
import keyword
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from string import Template

from harness.errors import UnknownNameError, UsageError
from harness.files import sha256

KINDS = {
    "sr": "super-resolution method",
    "recognizer": "recogniser",
    "flow": "optical-flow estimator",
    "probe": "probe",
    "dataset": "data set",
    "degradation": "degradation",
}
"""What a package can be written for, in words; each has its folder of templates."""
SHARED = "pyproject.toml.tmpl"
PLACEHOLDER = "package"
"""What is called like the package in the new folder."""
TEXT, LEFT_OUT = ".tmpl", ("__pycache__", ".pyc")


def write_package(name: str, out: Path, kind: str = "sr") -> list[Path]:
    """Write the package `name` for a `kind` of plugin into the new folder ``out/name`` and return its files.

    Raises `UnknownNameError` for a kind that is not one of `KINDS`, and `UsageError` for a name that Python cannot
    import or that would hide another module, and for a folder that exists or cannot be written.
    """
    if kind not in KINDS:
        raise UnknownNameError("kind of plugin", kind, KINDS)
    check_name(name)
    folder = out / name
    if folder.exists():
        raise UsageError(f"{folder} exists; choose another name, or another folder with --out")
    refuse_to_hide(name)
    written = []
    try:
        for target, content in contents(name, kind).items():
            path = folder / target
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            written.append(path)
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}; choose another folder with --out") from error
    return written


def contents(name: str, kind: str) -> Mapping[str, bytes]:
    """The files of a package by their path in its folder: templates filled in, everything else as it is."""
    shared = Path(str(files("harness"))) / "templates"
    sources = {
        SHARED: shared / SHARED,
        **{str(file.relative_to(shared / kind)): file for file in _below(shared / kind)},
    }
    checkpoint = next((sha256(file) for file in sources.values() if file.suffix == ".safetensors"), "")
    values = {"name": name, "distribution": name.replace("_", "-"), "kind": KINDS[kind], "sha256": checkpoint}
    return {path.replace(PLACEHOLDER, name).removesuffix(TEXT): _filled(file, values) for path, file in sources.items()}


def _below(folder: Path) -> Iterator[Path]:
    every = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return (path for path in every if not any(part.endswith(LEFT_OUT) for part in path.parts))


def _filled(file: Path, values: Mapping[str, str]) -> bytes:
    if file.suffix != TEXT:
        return file.read_bytes()
    return Template(file.read_text(encoding="utf-8")).substitute(values).encode()


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
