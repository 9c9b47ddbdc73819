"""Two probes that differ in their options share no column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import Result

import harness
from harness.leaderboard.table import build
from harness.planning.benchmark import find_benchmark


@pytest.fixture
def run(tmp_path: Path, made_clips: Callable[..., Path]) -> Path:
    from typer.testing import CliRunner

    from harness.cli.main import app

    file = tmp_path / "twice.yaml"
    probes = ["psnr_y", "psnr_y:samples=1", "psnr_y:samples=2", "ssim_y:samples=1", "speed"]
    changes = {"sr": ["hr", "bicubic", "nearest"], "pairs": [], "recognizers": {}, "probes": probes}
    file.write_text(yaml.safe_dump({**yaml.safe_load(find_benchmark("mini-2").read_text()), **changes}))
    arguments = ["run", "--benchmark", str(file), "--data", str(made_clips()), "--out", str(tmp_path / "run")]
    result: Result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return tmp_path / "run"


def test_probes_with_other_options_are_never_averaged(run: Path) -> None:
    record = harness.load_run(run)
    board = build(record)
    rows = record.clips[record.clips["method"] == "nearest"].dropna(subset=["psnr_y"])
    true = rows.groupby("probe")["psnr_y"].mean()
    assert len(set(true.round(6))) == 3, "the samples differ"
    [shown] = [row for row in board.records if row["sr"] == "nearest"]
    for probe, value in true.items():
        assert shown[str(probe)] == pytest.approx(value, abs=1e-6)
    titles = {column.key: column.title for column in board.columns}
    assert titles["psnr_y:samples=1"] == f"{titles['psnr_y']}, samples=1"
    [header] = [line for line in (run / "leaderboard.md").read_text().splitlines() if "samples=2 ↑" in line]
    assert header.count("| PSNR-Y, samples=2 ↑ |") == 1


def test_a_probe_that_is_there_once_keeps_its_plain_name_whatever_its_options(run: Path) -> None:
    records = build(harness.load_run(run)).records
    assert all(row["ssim_y"] is not None for row in records)
    assert not any(key.startswith("ssim_y:") for row in records for key in row)
