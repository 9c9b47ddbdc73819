"""Trainings in bf16 and channels-last: nearly the same result, in files of single precision."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import yaml
from torch.utils._pytree import tree_leaves

from harness.contracts import TrainingRequest
from harness.errors import UsageError
from harness.training.recipes import read_recipe
from harness.weights.loading import load_state
from harness_basicsr.networks.registered import create
from harness_basicsr.training.computing import computing_as
from harness_basicsr.training.recipe import Recipe
from harness_basicsr.training.train import train

from basicsr.models.sr_model import SRModel  # isort: skip

FAST = {"precision": "bf16", "channels_last": True}
ADAM = {"type": "Adam", "lr": 1e-3, "betas": [0.9, 0.99]}
STAGE = {
    "name": "pixels",
    "iterations": 24,
    "train": {
        "pixel_opt": {"type": "MSELoss"},
        "optim_g": ADAM,
        "scheduler": {"type": "MultiStepLR", "milestones": [20]},
    },
}
MODEL = SimpleNamespace(device=torch.device("cpu"), opt={"dist": False, "num_gpu": 0})
SMALL = {
    "network": {"num_feat": 8, "num_layer": 4},
    "frames_per_clip": 2,
    "validation_clips": 2,
    "patch": 6,
    "batch": 4,
    "validate_every": 12,
    "stages": [STAGE],
}
Train = Callable[..., Path]


@pytest.fixture
def trained(made_clips: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Train:
    """Trains a small network on a few made clips into a folder and returns that."""
    videos = made_clips(classes=2, per_class=2)
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))

    def run(out: str, resume: bool = False, dry_run: bool = False, **said: Any) -> Path:
        file = tmp_path / f"{out}.yaml"
        file.write_text(yaml.safe_dump({**SMALL, **said}))
        train(TrainingRequest("vdsr", None, tmp_path / out, data=videos, scale=4, recipe=str(file), device="cpu",
                              resume=resume, dry_run=dry_run))  # fmt: skip
        return tmp_path / out

    return run


def weights(out: Path) -> torch.Tensor:
    (file,) = out.glob("*.safetensors")
    found = [value.flatten() for value in load_state(file).values()]
    assert {value.dtype for value in found} == {torch.float32}
    return torch.cat(found)


def last_loss(out: Path, column: int = 2) -> float:
    return float((out / "losses.csv").read_text().splitlines()[-1].split(",")[column])


def test_half_precision_converges_as_single_does_and_leaves_single(trained: Train) -> None:
    full, fast = trained("full"), trained("fast", **FAST)
    assert last_loss(fast) == pytest.approx(last_loss(full), rel=0.05)
    apart = (weights(fast) - weights(full)).abs()
    assert 0 < float(apart.mean()) < 2e-3
    state = torch.load(fast / "experiments/pixels/training_states/24.state", weights_only=True)
    moments = [value for one in state["optimizers"][0]["state"].values() for value in one.values()]
    assert {value.dtype for value in moments} == {torch.float32}
    (card,) = fast.glob("*.md")
    assert "| precision | bf16 (autocast); weights, losses and optimisers fp32, channels-last |" in card.read_text()
    (card,) = full.glob("*.md")
    assert "| precision" not in card.read_text()
    resumes_with_the_same_alone(trained, fast)


def resumes_with_the_same_alone(trained: Train, out: Path) -> None:
    whole = weights(out)
    for file in [*out.glob("experiments/pixels/models/*24*"), *out.glob("experiments/pixels/training_states/*24*")]:
        file.unlink()
    assert torch.equal(weights(trained(out.name, resume=True, **FAST)), whole)
    with pytest.raises(UsageError, match=r"cannot resume: .*pixels\.yml differs .* in channels_last, precision;"):
        trained(out.name, resume=True)


@pytest.mark.parametrize("call", ["forward", "forward_all", "flows"])
def test_every_way_into_a_network_computes_in_half(call: str) -> None:
    torch.manual_seed(0)
    options, frames = {"type": "SPMC", "num_feat": 4, "num_motion": 4}, torch.rand(1, 3, 1, 12, 12)
    full = create(options)
    with computing_as(Recipe.model_validate({**SMALL, **FAST})):
        fast = SRModel.model_to_device(MODEL, create(options))
    fast.load_state_dict(full.state_dict())
    found, expected = (tree_leaves(getattr(network, call)(frames)) for network in (fast, full))
    for mine, theirs in zip(found, expected, strict=True):
        assert mine.dtype == torch.float32 and 0 < float((mine - theirs).detach().abs().max()) < 0.05
    assert "forward" not in vars(SRModel.model_to_device(MODEL, create(options)))


def test_a_dry_run_says_the_precision(trained: Train, capsys: pytest.CaptureFixture[str]) -> None:
    trained("plan", dry_run=True, precision="bf16")
    trained("plan", dry_run=True)
    plans = capsys.readouterr().out
    assert "precision     bf16 (autocast); weights, losses" in plans and "precision     fp32\n" in plans


def test_another_precision_is_refused_with_those_there_are(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(yaml.safe_dump({**SMALL, "precision": "fp16", "channels_last": "perhaps"}))
    with pytest.raises(UsageError, match=r"precision: Input should be 'fp32' or 'bf16', found 'fp16'\n  channels_last"):
        read_recipe(file, Recipe)
