"""`harness run` with a benchmark of several degradations: a run of each, and a table of all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from harness import api
from harness.errors import UsageError

Cli = Callable[..., Result]
RECOGNIZER = {
    "tsn": {"segments": 1, "crops": "centre", "mirror": False, "short_side": 48, "input_size": 48, "stack": 5}
}


def test_every_degradation_is_a_run_and_all_are_one_table(
    cli: Cli, small_benchmark: Callable[..., Path], tmp_path: Path
) -> None:
    degradations = ["bicubic:scale=4", "h264:crf=40,scale=4"]
    file = small_benchmark(tmp_path, degradations=degradations, recognizers=RECOGNIZER, notes=["a note"])
    asked = ["run", "--benchmark", file, "--limit", 2, "--recognizer", "tsn", "--out", tmp_path / "out"]
    assert cli(*asked, "--dry-run").exit_code == 0 and not (tmp_path / "out").exists()
    done = cli(*asked)
    assert done.exit_code == 0, done.output
    folders = ["bicubic-scale-4", "h264-crf-40-scale-4"]
    infos = [json.loads((tmp_path / "out" / name / "run.json").read_text()) for name in folders]
    assert [info["benchmark"]["degradation"] for info in infos] == degradations
    text = (tmp_path / "out" / "robustness.md").read_text()
    assert "| SR | bicubic:scale=4 | h264:crf=40,scale=4 | mean | relative |" in text and "a note" in text
    assert (tmp_path / "out" / "robustness.png").stat().st_size > 10_000
    assert "2: h264:crf=40,scale=4" in done.output
    runs = {name: [tmp_path / "out" / folder] for name, folder in zip(degradations, folders, strict=True)}
    [table] = api.robustness(runs)
    assert table.degradations == degradations and {row.method for row in table.rows} == {"hr", "bicubic"}
    with pytest.raises(UsageError, match="lists several degradations"):
        api.run(file, out=tmp_path / "other")
    again = cli(*asked)
    assert again.exit_code == 0 and "clips done" not in again.output


def test_a_scale_other_than_the_benchmarks_is_refused_before_anything_is_computed(
    cli: Cli, small_benchmark: Callable[..., Path], tmp_path: Path
) -> None:
    file = small_benchmark(tmp_path, degradations=["bicubic:scale=4", "bicubic:scale=2"])
    done = cli("run", "--benchmark", file, "--limit", 2, "--out", tmp_path / "out")
    assert done.exit_code == 2 and "write bicubic:scale=4" in done.stderr
    assert not (tmp_path / "out").exists()
