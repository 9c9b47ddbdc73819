"""Runs of one protocol become one table; others are refused with the difference named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.errors import UsageError
from harness.leaderboard.table import build
from harness.running.merging import load_runs, merged

Run = Callable[..., Path]


@pytest.fixture
def run(made_clips: Callable[..., Path], small_benchmark: Callable[..., Path], tmp_path: Path) -> Run:
    """Runs methods over made clips into a folder, under a benchmark with other keys if any are given."""
    data = made_clips()

    def run_(name: str, sr: str, limit: int | None = None, **keys: object) -> Path:
        file = small_benchmark(tmp_path, **keys)
        asked = ["run", "--benchmark", file, "--data", data, "--sr", sr, "--out", tmp_path / name, "--device", "cpu"]
        asked += ["--limit", limit] if limit else []
        found = CliRunner().invoke(app, list(map(str, asked)))
        assert found.exit_code == 0, found.output
        return tmp_path / name

    return run_


def test_the_cells_of_all_are_there_once(run: Run) -> None:
    first, second = run("a", "nearest"), run("b", "lanczos")
    record = load_runs([first, second])
    assert set(record.cells["method"]) == {"hr", "bicubic", "nearest", "lanczos"}
    assert not record.clips.duplicated(["cell", "clip"]).any()
    board = build(record)
    assert {row.sr for row in board.rows} == {"hr", "bicubic", "nearest", "lanczos"}
    lanczos = next(cell for cell in record.cells["cell"] if cell.startswith("lanczos"))
    assert record.path_of(lanczos).parent.parent == second
    assert len(record.info["commands"]) == 2


def test_one_run_is_itself(run: Run) -> None:
    record = load_runs([run("a", "nearest")])
    assert merged([record]) is record


@pytest.mark.parametrize(
    ("keys", "limit", "difference"),
    [
        ({"scale": 2, "degradation": "bicubic:scale=2"}, None, "the benchmark's scale is 4 in the first and 2 in the"),
        ({"flow": "farneback"}, None, "flow is dis:"),
        ({}, 3, "the digest of the clips is "),
    ],
)
def test_another_protocol_is_refused_by_name(
    run: Run, keys: dict[str, object], limit: int | None, difference: str
) -> None:
    first, second = run("a", "nearest"), run("b", "nearest", limit, **keys)
    with pytest.raises(UsageError, match=difference):
        load_runs([first, second])


def test_two_rows_of_one_name_that_differ_are_refused(run: Run, tmp_path: Path) -> None:
    first, second = run("a", "x=nearest"), run("b", "x=lanczos")
    with pytest.raises(UsageError, match="both have x seen by psnr_y, but not the same"):
        load_runs([first, second])
