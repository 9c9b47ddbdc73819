"""The starter package: it installs, its own test passes, and it is in the next run's table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.scaffold import check_name, write_package

BENCHMARK = """
name: small
title: small
dataset: mini
split: test
train_split: train
scale: 4
degradation: bicubic:scale=4
flow: dis
weights: mini
sr: [hr, bicubic]
recognizers: {}
probes: [psnr_y]
"""


def python(*arguments: str, path: Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(path), "OMP_NUM_THREADS": "1", "COLUMNS": "300"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The package's folder, and the folder it is installed into, so that the project stays untouched."""
    folder = tmp_path_factory.mktemp("scaffold")
    files = write_package("my_sharpener", folder)
    assert all(file.is_file() for file in files) and len(files) == 5
    site = folder / "site"
    pip = ["-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target", str(site)]
    done = python(*pip, str(folder / "my_sharpener"), path=site)
    assert done.returncode == 0, done.stderr
    return folder / "my_sharpener", site


def test_it_is_listed_and_keeps_its_contract(package: tuple[Path, Path]) -> None:
    _, site = package
    listed = python("-m", "harness.cli.main", "plugins", "list", "--json", path=site)
    rows = json.loads(listed.stdout)["declarations"]
    assert ("my_sharpener", "SR method") in {(row["plugin"], row["kind"]) for row in rows}
    checked = python("-m", "harness.cli.main", "plugins", "check", "my_sharpener", "--device", "cpu", path=site)
    assert checked.returncode == 0, checked.stdout
    assert "0 failed" in checked.stdout


@pytest.mark.slow
def test_its_own_test_passes_and_can_fail(package: tuple[Path, Path], tmp_path: Path) -> None:
    folder, site = package
    pytest_command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder / "tests")]
    done = python(*pytest_command, path=site, folder=tmp_path)
    assert done.returncode == 0 and "4 passed" in done.stdout, done.stdout
    broken = tmp_path / "site"
    (broken / "my_sharpener").mkdir(parents=True)
    for file in (folder / "my_sharpener").glob("*.py"):
        text = file.read_text().replace("lr[list(frames)]", "lr[list(frames)].flip(1)")
        (broken / "my_sharpener" / file.name).write_text(text)
    done = python(*pytest_command, path=broken, folder=tmp_path)
    assert done.returncode == 1 and "likeness" in done.stdout


def test_it_appears_in_the_next_run(
    package: tuple[Path, Path], made_clips: Callable[..., Path], tmp_path: Path
) -> None:
    _, site = package
    (tmp_path / "small.yaml").write_text(BENCHMARK)
    files = ["--benchmark", str(tmp_path / "small.yaml"), "--data", str(made_clips()), "--out", str(tmp_path / "run")]
    done = python("-m", "harness.cli.main", "run", *files, path=site)
    assert done.returncode == 0, done.stderr
    records = {r["sr"]: r for r in json.loads((tmp_path / "run" / "leaderboard.json").read_text())["records"]}
    assert records["my_sharpener"]["status"] == "ok"
    assert records["my_sharpener"]["psnr_y"] != records["bicubic"]["psnr_y"]


@pytest.mark.parametrize("name", ["my-sr", "My_sr", "class", "1sr", "", "a b", "../up", "sr.net", "_sr"])
def test_a_name_that_cannot_be_a_package_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot name a Python package"):
        write_package(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_better_name_is_suggested() -> None:
    with pytest.raises(UsageError, match="try 'my_sr'"):
        check_name("My-SR")


@pytest.mark.parametrize("name", ["torch", "json", "harness"])
def test_a_name_that_hides_a_module_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"'{name}' would hide the installed module"):
        write_package(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UsageError, match=r"cannot write to .*file"):
        write_package("my_sr", tmp_path / "file")
