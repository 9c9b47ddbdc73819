"""The harness from Python, as the example notebook shows it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import api
from harness.errors import RunFolderError, UsageError

NOTEBOOK = Path(__file__).parent.parent.parent / "examples" / "first_steps.ipynb"


def test_every_cell_of_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for cell in json.loads(NOTEBOOK.read_text())["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    assert (tmp_path / "runs" / "notebook" / "leaderboard.md").is_file()


def test_a_run_is_what_the_command_line_makes_and_resumes(
    made_clips: Callable[..., Path], small_benchmark: Callable[..., Path], tmp_path: Path
) -> None:
    asked = {"sr": "nearest", "data": made_clips(), "out": tmp_path / "run", "device": "cpu"}
    first = api.run(small_benchmark(tmp_path), **asked)
    assert first.ok and {row.sr for row in first.board.rows} == {"hr", "bicubic", "nearest"}
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "finished"
    written = [path.stat().st_mtime_ns for path in (tmp_path / "run").glob("cells/*/clips.parquet")]
    again = api.run(tmp_path / "small.yaml", **asked)
    assert [path.stat().st_mtime_ns for path in (tmp_path / "run").glob("cells/*/clips.parquet")] == written
    assert again.board.records == first.board.records
    assert api.leaderboard(tmp_path / "run").records == first.board.records


def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="is not a run folder"):
        api.leaderboard(tmp_path)
    with pytest.raises(UsageError, match="name at least one run folder"):
        api.leaderboard([])
