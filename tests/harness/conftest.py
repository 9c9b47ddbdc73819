"""Packages made on the spot, in a folder that pip would be told to look into."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Files = Mapping[str, bytes]


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    return folder


@pytest.fixture
def wheel(wheels: Path) -> Callable[..., Path]:
    """Writes a wheel with these files."""

    def write(files: Files, name: str = "some_net", version: str = "1.0", tags: str = "py3-none-any") -> Path:
        path = wheels / f"{name}-{version}-{tags}.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for file, content in files.items():
                archive.writestr(file, content)
        return path

    return write


@pytest.fixture
def sdist(wheels: Path, tmp_path: Path) -> Callable[..., Path]:
    """Writes a source archive with these files and a setup.py that leaves a trace if it is ever run."""

    def write(files: Files, name: str = "some_net", version: str = "1.0") -> Path:
        path = wheels / f"{name}-{version}.tar.gz"
        setup = f"open({str(tmp_path / 'ran')!r}, 'w').close()".encode()
        with tarfile.open(path, "w:gz") as archive:
            for file, content in {"setup.py": setup, **files}.items():
                entry = tarfile.TarInfo(f"{name}-{version}/{file}")
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        return path

    return write
