"""`harness runs`: listing, showing and deleting run folders, damaged ones too."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Cli = Callable[..., Result]


@pytest.fixture
def folder(cli: Cli, made_clips: Callable[..., Path], small_benchmark: Callable[..., Path], tmp_path: Path) -> Path:
    small_benchmark(tmp_path, sr=["bicubic"])
    folder = tmp_path / "runs" / "mine"
    arguments = ["--benchmark", tmp_path / "small.yaml", "--data", made_clips(classes=2), "--out", folder]
    assert cli("run", *arguments, "--device", "cpu").exit_code == 0
    return folder


def test_a_run_is_listed_shown_and_deleted(cli: Cli, folder: Path) -> None:
    (folder.parent / "train").mkdir()
    listed = cli("runs", "list", folder.parent).output.splitlines()
    (line,) = [line for line in listed if str(folder) in line]
    assert line.split()[1:6] == ["small", "2", "0", "0", "0"] and "kB" in line
    assert not any("train" in each for each in listed)
    shown = cli("runs", "show", folder).output
    assert "benchmark: small" in shown and "status: finished" in shown and "degradation: bicubic:scale=4" in shown
    assert any(line.split() == ["bicubic", "psnr_y", "ok"] for line in shown.splitlines())
    assert cli("runs", "delete", folder).exit_code == 1 and folder.is_dir(), "without an answer nothing is deleted"
    deleted = cli("runs", "delete", folder, "--yes")
    assert deleted.exit_code == 0 and deleted.output == f"deleted {folder}\n" and not folder.exists()
    assert cli("runs", "list", folder.parent).output == f"no run in {folder.parent}\n"


def test_damage_is_shown_and_can_be_deleted(cli: Cli, folder: Path) -> None:
    cell = next(folder.glob("cells/*/cell.json"))
    cell.write_text('{"cut sho')
    next(folder.glob("cells/*/clips.parquet")).write_bytes(b"")
    (folder / "run.json").write_bytes(b"\xff\x00[")
    listed = cli("runs", "list", folder.parent)
    assert listed.exit_code == 0 and str(folder) in listed.output
    shown = cli("runs", "show", folder)
    assert shown.exit_code == 0 and "damaged: run.json: not JSON, or cut short" in shown.output
    assert f"damaged: cell {cell.parent.name}: cell.json: not JSON, or cut short" in shown.output
    (folder / "run.json").unlink()
    assert cli("runs", "delete", folder, "--yes").exit_code == 0 and not folder.exists()


def test_what_is_no_run_is_never_deleted(cli: Cli, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    for other in (tmp_path, tmp_path / "link", tmp_path / "none", tmp_path / "small.yaml"):
        result = cli("runs", "delete", other, "--yes")
        assert result.exit_code == 1 and result.stderr.startswith(f"error: {other} is ")
    (folder / "mine.txt").write_text("kept")
    result = cli("runs", "delete", folder, "--yes")
    assert result.exit_code == 0 and "still holds mine.txt" in result.output
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]


def test_a_link_inside_and_a_run_in_use_are_refused(cli: Cli, folder: Path, tmp_path: Path) -> None:
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = cli("runs", "delete", folder, "--yes")
        assert result.exit_code == 1 and "is in use by a run" in result.stderr
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("kept")
    (folder / "pictures").rename(tmp_path / "pictures") if (folder / "pictures").exists() else None
    (folder / "pictures").symlink_to(tmp_path / "precious")
    result = cli("runs", "delete", folder, "--yes")
    assert result.exit_code == 1 and "is a link to another folder" in result.stderr
    assert (tmp_path / "precious" / "file").read_text() == "kept" and json.loads((folder / "run.json").read_text())
