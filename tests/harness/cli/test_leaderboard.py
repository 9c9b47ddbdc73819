"""`harness leaderboard`, on a run of made clips."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Cli = Callable[..., Result]
BENCHMARK = """
name: small
title: a small one
dataset: mini
split: test
train_split: train
scale: 4
degradation: bicubic:scale=4
flow: dis
weights: mini
sr: [hr, bicubic, nearest]
recognizers: {}
probes: [psnr_y]
"""
ORG = """
from harness.hookspecs import hookimpl
from harness.specs import ReportSpec

def render(board):
    return "".join(f"| {record['sr']} |\\n" for record in board.records)

@hookimpl
def harness_reports():
    yield ReportSpec("org", "Emacs org table", f"{__name__}:render", suffix=".org")
"""


@pytest.fixture
def run_folder(cli: Cli, made_clips: Callable[..., Path], tmp_path: Path) -> Path:
    (tmp_path / "small.yaml").write_text(BENCHMARK)
    arguments = ["--benchmark", tmp_path / "small.yaml", "--data", made_clips(), "--out", tmp_path / "run"]
    result = cli("run", *arguments, "--device", "cpu")
    assert result.exit_code == 0, result.stderr
    return tmp_path / "run"


def test_every_form(cli: Cli, run_folder: Path, tmp_path: Path) -> None:
    shown = cli("leaderboard", run_folder)
    assert shown.exit_code == 0 and "a small one" in shown.output and "nearest" in shown.output
    content = json.loads(cli("leaderboard", run_folder, "--format", "json").output)
    assert content == json.loads((run_folder / "leaderboard.json").read_text())
    assert {record["sr"] for record in content["records"]} == {"hr", "bicubic", "nearest"}
    rows = list(csv.DictReader(cli("leaderboard", run_folder, "--format", "csv").output.splitlines()))
    assert {row["sr"] for row in rows} == {"hr", "bicubic", "nearest"}
    result = cli("leaderboard", run_folder, "--out", tmp_path / "table.md")
    assert result.exit_code == 0 and result.output == f"wrote {tmp_path / 'table.md'}\n"
    assert (tmp_path / "table.md").read_text() == (run_folder / "leaderboard.md").read_text()


def test_a_pair_on_top(cli: Cli, run_folder: Path) -> None:
    content = json.loads(cli("leaderboard", run_folder, "--format", "json", "--pairs", "nearest+bicubic").output)
    assert "nearest+bicubic" in {record["sr"] for record in content["records"]}
    result = cli("leaderboard", run_folder, "--pairs", "nearest+vdsr")
    assert result.exit_code == 2 and "vdsr" in result.stderr


def test_a_format_of_a_plugin(cli: Cli, run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "org_plugin.py").write_text(ORG)
    result = cli("leaderboard", run_folder, "--out", tmp_path / "t.org", "--plugin", tmp_path / "org_plugin.py")
    assert result.exit_code == 0 and "| bicubic |" in (tmp_path / "t.org").read_text()
    assert "| bicubic |" in cli("leaderboard", run_folder, "--format", "org").output


def test_what_cannot_be_done(cli: Cli, run_folder: Path, tmp_path: Path) -> None:
    result = cli("leaderboard", tmp_path)
    assert result.exit_code == 1 and "is not a run folder" in result.stderr
    result = cli("leaderboard", run_folder, "--format", "cvs")
    assert result.exit_code == 2 and "Did you mean 'csv'?" in result.stderr
    result = cli("leaderboard", run_folder, "--out", tmp_path / "table.doc")
    assert result.exit_code == 2 and "its ending names no format (.csv, .json, .md)" in result.stderr
    result = cli("leaderboard", run_folder, "--out", tmp_path / "none" / "table.md")
    assert result.exit_code == 2 and "cannot be written" in result.stderr
