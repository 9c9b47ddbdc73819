"""The first edition is gone: whoever asks for it is told, and what was measured on it is still read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from harness.cli.main import app
from harness.registry import registry

FIRST = """
from harness.datasets.annotated import AnnotatedDataset
from harness.hookspecs import hookimpl
from harness.specs import DatasetSpec

def open_first(*, root):
    return AnnotatedDataset(root, "mini")

@hookimpl
def harness_datasets():
    yield DatasetSpec("mini", "the first edition", f"{__name__}:open_first")
"""
GONE = "the data set 'mini' is gone: use 'mini-2', which took its place"


def call(*arguments: object) -> Result:
    """As a user types it, with nothing loaded but what is installed."""
    registry.cache_clear()
    return CliRunner().invoke(app, list(map(str, arguments)), env={"COLUMNS": "300"})


@pytest.fixture
def benchmark(small_benchmark: Callable[..., Path], tmp_path: Path) -> Path:
    """In the form of the one that went with the data set."""
    return small_benchmark(tmp_path, name="mini", dataset="mini")


@pytest.fixture
def run(benchmark: Path, made_clips: Callable[..., Path], tmp_path: Path) -> Iterator[Path]:
    """A run folder from the time when there was a data set `mini`."""
    plugin, folder = tmp_path / "first.py", tmp_path / "run"
    plugin.write_text(FIRST)
    made = call("run", "--benchmark", benchmark, "--data", made_clips(), "--out", folder, "--plugin", plugin)
    assert made.exit_code == 0, made.output
    yield folder
    registry.cache_clear()


def test_its_runs_are_not_continued(run: Path, benchmark: Path) -> None:
    before = (run / "run.json").read_bytes()
    again = call("run", "--benchmark", benchmark, "--out", run)
    assert again.exit_code == 2 and GONE in again.stderr
    by_name = call("run", "--benchmark", "mini", "--out", run)
    assert by_name.exit_code == 2 and GONE.replace("data set", "benchmark") in by_name.stderr
    second = call("run", "--benchmark", "mini-2", "--sr", "bicubic", "--limit", 2, "--out", run)
    assert second.exit_code == 1
    assert f"{run} holds a run of mini, which is gone (mini-2 took its place); choose another --out" in second.stderr
    assert (run / "run.json").read_bytes() == before


def test_its_runs_are_still_shown(run: Path, tmp_path: Path) -> None:
    for verb in (["leaderboard"], ["leaderboard", "--format", "csv"], ["runs", "show"]):
        shown = call(*verb, run)
        assert shown.exit_code == 0 and "bicubic" in shown.stdout, shown.output
    page = tmp_path / "page"
    assert call("report", run, "--out", page).exit_code == 0
    assert "The page has no clips: " + GONE.replace("'", "&#39;") in (page / "index.html").read_text()


def test_its_clips_are_not_restored_again(run: Path) -> None:
    made = call("strips", run, "clip_0")
    assert made.exit_code == 2 and GONE in made.stderr
