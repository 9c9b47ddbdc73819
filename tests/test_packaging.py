"""What is installed is whole: data files of packages are among those that a wheel takes along."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePath

import pytest
import yaml

from harness import __version__

REPOSITORY = Path(__file__).parent.parent
CITED = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text())


def project() -> dict[str, object]:
    try:
        import tomllib
    except ModuleNotFoundError:  # Python 3.10
        tomllib = pytest.importorskip("tomli")
    return dict(tomllib.loads((REPOSITORY / "pyproject.toml").read_text()))


def test_every_data_file_of_a_package_is_taken_along() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "harness", "plugins", "benchmarks"], cwd=REPOSITORY, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("not a checkout")
    patterns = project()["tool"]["setuptools"]["package-data"]["*"]  # type: ignore[index]
    data = [name for name in listed.stdout.splitlines() if not name.endswith(".py")]
    assert len(data) > 100
    assert not [
        name for name in data if not any(PurePath(name).match(pattern.removeprefix("**/")) for pattern in patterns)
    ]


def test_the_citation_is_of_this_version() -> None:
    assert CITED["version"] == __version__ == project()["project"]["version"]  # type: ignore[index]
    assert CITED["license"] == project()["project"]["license"]  # type: ignore[index]
