"""``make bench-gpu``, as far as it can be tried without a GPU: what it says, and that its commands are right."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import torch
from harness_benchmarks.gpu import app, run_all, slug, steps
from typer.testing import CliRunner

from harness.planning.benchmark import load_benchmark

without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")


@without_gpu
def test_without_a_gpu_it_says_so_and_fails() -> None:
    outcome = CliRunner().invoke(app, [])
    assert outcome.exit_code == 1
    assert "needs a CUDA device" in outcome.output and outcome.output.count("\n") == 1


def test_a_dry_run_shows_every_command(tmp_path: Path) -> None:
    outcome = CliRunner().invoke(app, ["--dry-run", "--data", str(tmp_path)])
    assert outcome.exit_code == 0
    for part in ("pytest -m gpu", "harness_benchmarks.speed --device cuda", "--benchmark mini-2", f"--data {tmp_path}"):
        assert part in outcome.output
    assert "paper" not in CliRunner().invoke(app, ["--dry-run"]).output


def test_a_folder_that_is_not_there_is_refused() -> None:
    outcome = CliRunner().invoke(app, ["--data", "no/such/folder"])
    assert outcome.exit_code == 2 and "no/such/folder" in outcome.output


@pytest.mark.parametrize("number", [2, 3])
@without_gpu
def test_the_commands_exist_and_lack_the_gpu_alone(number: int, tmp_path: Path) -> None:
    command = steps(tmp_path, tmp_path / "out")[number - 1].command
    outcome = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert outcome.returncode == 2
    assert "PyTorch finds no CUDA device here" in " ".join((outcome.stdout + outcome.stderr).split())


def test_the_papers_protocol_has_its_flow_on_the_device(tmp_path: Path) -> None:
    assert run_all([], tmp_path, data=tmp_path) == 0
    ours, paper = load_benchmark(str(tmp_path / "paper.yaml")), load_benchmark("ucf101-x4")
    assert ours.flow == "tvl1:variant=cuda"
    assert ours.model_copy(update={"flow": paper.flow, "name": paper.name}) == paper


def test_a_card_names_a_folder() -> None:
    assert slug("NVIDIA H100 80GB HBM3") == "nvidia-h100-80gb-hbm3"
