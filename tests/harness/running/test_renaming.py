"""A method that is called something else is not computed again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import yaml
from typer.testing import CliRunner

import harness
from harness.cli.main import app
from harness.planning.benchmark import find_benchmark


def test_stored_cells_take_on_what_a_later_command_calls_their_methods(
    tmp_path: Path, made_clips: Callable[..., Path]
) -> None:
    file, run = tmp_path / "quick.yaml", tmp_path / "run"
    changes = {"sr": ["bicubic"], "pairs": [], "recognizers": {}, "probes": ["psnr_y"]}
    file.write_text(yaml.safe_dump({**yaml.safe_load(find_benchmark("mini-2").read_text()), **changes}))
    data = made_clips(classes=2, per_class=1)

    def names(sr: str) -> dict[str, list[object]]:
        arguments = ["run", "--benchmark", file, "--data", data, "--out", run, "--sr", sr]
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert result.exit_code == 0, result.output
        cells = harness.load_run(run).cells
        written = [(run / "cells" / cell / "clips.parquet").stat().st_mtime_ns for cell in cells["cell"]]
        return {name: found for name, *found in zip(cells["method"], cells["cell"], written, strict=True)}

    first, second = names("near by=nearest"), names("nearest,own=lanczos")
    assert list(first) == ["hr", "bicubic", "near by"] and list(second) == ["hr", "bicubic", "nearest", "own"]
    assert second["nearest"] == first["near by"]
    assert list(names("bicubic")) == ["hr", "bicubic", "nearest", "own"]
    assert "own" in (run / "leaderboard.md").read_text()
