"""Training through BasicSR's real pipeline: end to end, killed and resumed, and in two stages."""

from __future__ import annotations

import csv
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
import yaml
from safetensors import safe_open

from harness.contracts import TrainingRequest
from harness.errors import UsageError
from harness.training.recipes import read_recipe
from harness.weights.loading import load_state
from harness_basicsr import networks
from harness_basicsr.training.pipeline import last_state
from harness_basicsr.training.recipe import Recipe

SCRIPT = """
import os
import signal
import sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from harness.contracts import TrainingRequest
from harness_basicsr.training.train import train
from basicsr.models.base_model import BaseModel

save, iteration = BaseModel.save_training_state, int(sys.argv[3])

def save_and_die(self, epoch, current_iter):
    save(self, epoch, current_iter)
    if current_iter == iteration:
        os.kill(os.getpid(), signal.SIGKILL)

BaseModel.save_training_state = save_and_die
train(TrainingRequest("vdsr", sys.argv[1], Path(sys.argv[2]), device="cpu"))
"""
BENCHMARK = {
    "name": "tiny", "title": "tiny", "dataset": "mini-2", "split": "test", "train_split": "train", "scale": 4,
    "degradation": "bicubic:scale=4", "flow": "dis", "weights": "tiny", "sr": ["bicubic"], "recognizers": {},
    "probes": [],
}  # fmt: skip
STAGE = {
    "name": "pixels",
    "iterations": 40,
    "train": {
        "pixel_opt": {"type": "MSELoss", "loss_weight": 1.0, "reduction": "mean"},
        "optim_g": {"type": "Adam", "lr": 1e-3, "betas": [0.9, 0.99]},
        "scheduler": {"type": "CosineAnnealingRestartLR", "restart_weights": [1], "eta_min": 1e-6},
    },
}
RECIPE = {
    "network": {"num_feat": 8, "num_layer": 4}, "frames_per_clip": 4, "validation_clips": 2, "patch": 6, "batch": 4,
    "validate_every": 8, "stages": [STAGE],
}  # fmt: skip


@pytest.fixture
def benchmark(made_clips: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A benchmark file whose training split is a handful of made clips, with a recipe for vdsr."""
    made = made_clips(classes=2, per_class=3)
    home = tmp_path / "home" / "datasets"
    home.mkdir(parents=True)
    made.rename(home / "mini-2")
    (home / "mini-2" / "test.csv").rename(home / "mini-2" / "train.csv")
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    (tmp_path / "training" / "tiny").mkdir(parents=True)
    (tmp_path / "training" / "tiny" / "vdsr.yaml").write_text(yaml.safe_dump(RECIPE))
    file = tmp_path / "tiny.yaml"
    file.write_text(yaml.safe_dump(BENCHMARK))
    return file


def kill_after(benchmark: Path, out: Path, iteration: int) -> None:
    """Start a training that is killed without notice as soon as the state of an iteration is written."""
    command = [sys.executable, "-c", SCRIPT, str(benchmark), str(out), str(iteration)]
    killed = subprocess.run(command, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-3000:]


@pytest.fixture
def one_thread() -> Iterator[None]:
    """As in the process that is killed: with another number of threads sums are rounded otherwise."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_a_killed_training_resumes_to_the_same_weights(
    benchmark: Path, tmp_path: Path, one_thread: None, capfd: pytest.CaptureFixture[str]
) -> None:
    from harness_basicsr.training.train import train

    train(TrainingRequest("vdsr", str(benchmark), tmp_path / "whole", device="cpu"))
    output = "".join(capfd.readouterr())
    kill_after(benchmark, tmp_path / "parts", 16)
    train(TrainingRequest("vdsr", str(benchmark), tmp_path / "parts", resume=True, device="cpu"))
    logs = "".join(log.read_text() for log in tmp_path.glob("parts/experiments/pixels/train_*.log"))
    assert re.search(r"Resuming training from epoch: \d+, iter: 16\.", logs)
    whole, parts = (tmp_path / name / "vdsr-tiny-x4.safetensors" for name in ("whole", "parts"))
    assert whole.read_bytes() == parts.read_bytes()
    assert losses(whole) == losses(parts)
    check_products(whole, output, benchmark)


def losses(checkpoint: Path) -> list[dict[str, str]]:
    """The curve without PSNR: a process killed between saving and validating leaves one validation out."""
    rows = csv.DictReader(checkpoint.with_name("losses.csv").open())
    return [{key: value for key, value in row.items() if key != "psnr_y"} for row in rows]


def check_products(checkpoint: Path, output: str, benchmark: Path) -> None:
    method = networks.vdsr(scale=4, device=torch.device("cpu"), weights=checkpoint, num_feat=8, num_layer=4)
    assert method.upscale(torch.rand(1, 3, 5, 7), [0]).shape == (1, 3, 20, 28)
    with safe_open(checkpoint, "pt") as file:
        assert '"trained_on": "mini-2/train"' in file.metadata()["harness"]
    card = checkpoint.with_suffix(".md").read_text()
    assert "| iterations | pixels 40 |" in card
    assert "l_pix" in card
    assert re.search(r"\| validation \| [\d.]+ dB PSNR-Y on held-out training frames \(bicubic [\d.]+ dB\)", card)
    assert "pixels: 40 of 40" in output and "Disable distributed" not in output and "Version Information" not in output
    assert 15 <= output.count("stage 1 of 1") <= 25
    rows = list(csv.DictReader(checkpoint.with_name("losses.csv").open()))
    assert [int(row["iteration"]) for row in rows] == list(range(1, 41))
    assert [int(row["iteration"]) for row in rows if row["psnr_y"]] == [8, 16, 24, 32, 40]
    assert float(rows[-1]["l_pix"]) < float(rows[0]["l_pix"])
    assert checkpoint.with_name("losses.png").read_bytes().startswith(b"\x89PNG")
    options = f"checkpoint={checkpoint},num_feat=8,num_layer=4"
    assert f"harness run --benchmark {benchmark} --sr vdsr:{options}" in output


def test_resuming_with_another_recipe_is_refused(benchmark: Path, tmp_path: Path) -> None:
    from harness_basicsr.training.train import train

    out = tmp_path / "out"
    train(TrainingRequest("vdsr", str(benchmark), out, iters=4, device="cpu"))
    with pytest.raises(UsageError, match=r"cannot resume: .*pixels\.yml differs .* in .*train"):
        train(TrainingRequest("vdsr", str(benchmark), out, iters=6, resume=True, device="cpu"))


def test_a_second_stage_starts_from_the_first(benchmark: Path, tmp_path: Path) -> None:
    from harness_basicsr.training.train import train

    still = {**STAGE, "name": "still", "iterations": 1}
    still["train"] = {
        **STAGE["train"],
        "optim_g": {"type": "Adam", "lr": 0.0},
        "scheduler": {"type": "MultiStepLR", "milestones": []},
    }  # type: ignore[dict-item]
    file = tmp_path / "training" / "tiny" / "vdsr.yaml"
    file.write_text(yaml.safe_dump({**RECIPE, "stages": [{**STAGE, "iterations": 4}, still]}))
    train(TrainingRequest("vdsr", str(benchmark), tmp_path / "out", device="cpu"))
    first = load_state(tmp_path / "out" / "experiments" / "pixels" / "models" / "net_g_latest.pth")
    final = load_state(tmp_path / "out" / "vdsr-tiny-x4.safetensors")
    assert all(torch.equal(first[key], final[key]) for key in final)
    assert len(read_recipe(file, Recipe).stages) == 2


def test_a_state_that_was_cut_short_is_passed_over(tmp_path: Path) -> None:
    for folder in ("models", "training_states"):
        (tmp_path / folder).mkdir()
    for iteration in (8, 16):
        torch.save({"params": {}}, tmp_path / "models" / f"net_g_{iteration}.pth")
        torch.save({"iter": iteration}, tmp_path / "training_states" / f"{iteration}.state")
    assert last_state(tmp_path) == (tmp_path / "training_states" / "16.state", 16)
    whole = (tmp_path / "models" / "net_g_16.pth").read_bytes()
    (tmp_path / "models" / "net_g_16.pth").write_bytes(whole[: len(whole) // 2])
    assert last_state(tmp_path) == (tmp_path / "training_states" / "8.state", 8)
    assert last_state(tmp_path / "none") == (None, 0)
