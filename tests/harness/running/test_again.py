"""Clips of a stored run, restored anew by the same pipeline."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from harness import load_run
from harness.cli.main import app
from harness.errors import UnknownNameError
from harness.registry import registry
from harness.running.again import Again, open_again
from harness.running.sealed import sealed

CPU = torch.device("cpu")


@pytest.fixture
def stored(made_clips: Callable[..., Path], small_benchmark: Callable[..., Path], tmp_path: Path) -> tuple[Path, Path]:
    """The folder of a run over made clips, and that of its data."""
    file = small_benchmark(tmp_path, sr=["hr", "bicubic", "sharp=lanczos"])
    data = made_clips(frames=9)
    found = CliRunner().invoke(
        app, ["run", "--benchmark", str(file), "--data", str(data), "--out", str(tmp_path / "run"), "--device", "cpu"]
    )
    assert found.exit_code == 0, found.output
    return tmp_path / "run", data


def opened(stored: tuple[Path, Path]) -> Again:
    return open_again(load_run(stored[0]), registry(), stored[1], CPU)


def test_frames_are_those_of_the_methods_and_flow_joins_them(stored: tuple[Path, Path]) -> None:
    again = opened(stored)
    assert list(again.parts) == ["hr", "bicubic", "sharp"] and not again.left_out
    found = again.restore("clip_1", ["hr", "bicubic", "sharp"], most=4)
    assert found.first == 2 and found.lr.shape == (4, 8, 10, 3)
    video = again.dataset.open(again.clips["clip_1"])
    assert np.array_equal(found.sr["hr"], video.pick([2, 3, 4, 5])), "the ceiling is the clip itself"
    assert found.sr["bicubic"].shape == (4, 32, 40, 3)
    assert not np.array_equal(found.sr["bicubic"], found.sr["sharp"])
    assert found.flow["hr"].shape == (3, 2, 32, 40)
    assert abs(float(found.flow["hr"].mean()) + 1) < 0.5, "the texture drifts by a pixel a frame"


def test_a_method_that_is_not_what_it_was_is_left_out_with_the_reason(stored: tuple[Path, Path]) -> None:
    (file,) = stored[0].glob("cells/lanczos-*/cell.json")
    facts = json.loads(file.read_text())
    del facts["check"]
    facts["identity"]["method"]["weights"] = "0" * 64
    record = load_run(stored[0])
    file.write_text(json.dumps(sealed(facts)))
    again = open_again(record, registry(), stored[1], CPU)
    assert list(again.parts) == ["hr", "bicubic"]
    assert again.left_out == {"sharp": "its weights changed since the run"}


def test_every_step_of_a_method_must_be_what_it_was(
    made_clips: Callable[..., Path], small_benchmark: Callable[..., Path], tmp_path: Path
) -> None:
    file, data, run = small_benchmark(tmp_path, sr=["nearest|span"]), made_clips(frames=3), tmp_path / "run"
    file.write_text(file.read_text().replace("weights: mini-2", "weights: df2k"))
    found = CliRunner().invoke(app, ["run", "--benchmark", str(file), "--data", str(data), "--out", str(run)])
    assert found.exit_code == 0, found.output
    assert "nearest|span" in opened((run, data)).parts
    (cell,) = (file for file in run.glob("cells/*/cell.json") if '"then"' in file.read_text())
    facts = json.loads(cell.read_text())
    del facts["check"]
    facts["identity"]["method"]["then"]["weights"] = "0" * 64
    record = load_run(run)
    cell.write_text(json.dumps(sealed(facts)))
    again = open_again(record, registry(), data, CPU)
    assert "nearest|span" not in again.parts and again.left_out == {"nearest|span": "its weights changed since the run"}


def test_a_method_that_fails_costs_its_own_pictures_alone(stored: tuple[Path, Path]) -> None:
    again = opened(stored)
    broken = replace(again.parts["sharp"].spec, factory="harness_builtin.files:Files")
    again.parts = {**again.parts, "sharp": replace(again.parts["sharp"], spec=broken)}
    found = again.restore("clip_0", ["bicubic", "sharp"], most=3)
    assert set(found.sr) == {"bicubic"} and "no folder of restored frames" in again.left_out["sharp"]


def test_a_clip_that_is_not_there_is_named(stored: tuple[Path, Path]) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'clip_1'"):
        opened(stored).restore("clip1", ["hr"], most=3)
