"""`harness runs watch`: a run seen from outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from harness.running.folders import in_use
from harness.running.store import RunFolder, open_run
from harness.running.watching import look

Cli = Callable[..., Result]


@pytest.fixture
def folder(cli: Cli, made_clips: Callable[..., Path], small_benchmark: Callable[..., Path], tmp_path: Path) -> Path:
    arguments = ["--benchmark", small_benchmark(tmp_path), "--data", made_clips(2, 1), "--out", tmp_path / "run"]
    assert cli("run", *arguments, "--device", "cpu").exit_code == 0
    return tmp_path / "run"


def test_a_run_that_has_ended_is_told_of_once(cli: Cli, folder: Path) -> None:
    output = cli("runs", "watch", folder).output
    assert output.startswith("2 clips, 2 methods on cpu of ") and "4 of 4 (method, clip) done" in output
    assert output.endswith(f"{folder}: finished\n")
    execution = json.loads((folder / "run.json").read_text())["execution"]
    assert execution["executor"] == "inprocess" and execution["restarts"] == 0 and len(execution["hosts"]) == 1


def test_a_run_that_goes_on_is_told_from_one_that_was_killed(folder: Path) -> None:
    RunFolder(folder).set_status("running")
    assert look(folder).status == "ended" and not in_use(folder)
    with open_run(folder) as held:
        assert look(folder).status == "running" and in_use(folder)
        record = held.cell(held.cells[0])
        method = record.outcome["method"]
        record.begin({key: value for key, value in record.outcome.items() if key != "status"})
        assert look(folder).done[method] == 0, "no row of it is there yet"


def test_what_is_no_run_is_not_watched(cli: Cli, tmp_path: Path) -> None:
    found = cli("runs", "watch", tmp_path)
    assert found.exit_code == 1 and "is not a run folder" in found.stderr
