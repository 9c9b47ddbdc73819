"""Recognisers trained in bf16 and channels-last: nearly the same result, in files of single precision."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from harness.contracts import TrainingRequest
from harness.errors import UsageError
from harness.training.recipes import find_recipe
from harness_mmaction.training.train import train

FAST = {"precision": "bf16", "channels_last": True}
SMALL = {
    "crop": 32,
    "batch": 6,
    "segments": 1,
    "held_out": 0.25,
    "epochs": {"spatial": 1, "temporal": 1},
    "validate_every": 1,
    "channels_last": False,
}


def trained(data: Path, out: Path, resume: bool = False, dry_run: bool = False, **said: Any) -> Path:
    """A short training of the spatial stream on clips of 36x32, by the shipped recipe but for this."""
    file = out.with_suffix(".yaml")
    file.write_text(yaml.safe_dump({**yaml.safe_load(find_recipe("tsn", "mini-2").read_text()), **SMALL, **said}))
    request = TrainingRequest(
        "tsn", "mini-2", out, device="cpu", data=data, recipe=str(file), resume=resume, dry_run=dry_run
    )
    train(request, streams=["spatial"])
    return out


def losses(out: Path) -> list[float]:
    return [float(row["loss"]) for row in csv.DictReader((out / "losses.csv").open())]


def test_half_precision_learns_as_single_does_and_leaves_single(drifting_clips: Path, tmp_path: Path) -> None:
    full, fast = trained(drifting_clips, tmp_path / "full"), trained(drifting_clips, tmp_path / "fast", **FAST)
    assert losses(fast) == pytest.approx(losses(full), rel=0.1) and losses(fast) != losses(full)
    checkpoint = torch.load(fast / "spatial" / "epoch_1.pth", weights_only=True)
    moments = [value for one in checkpoint["optimizer"]["state"].values() for value in one.values()]
    weights = [value for value in checkpoint["state_dict"].values() if value.is_floating_point()]
    assert {value.dtype for value in (*moments, *weights)} == {torch.float32}
    (card,) = fast.glob("*.md")
    assert "| precision | bf16 (autocast); weights, losses and optimisers fp32, channels-last |" in card.read_text()
    with pytest.raises(UsageError, match="spatial was begun with another channels_last and precision"):
        trained(drifting_clips, tmp_path / "fast", resume=True)


def test_a_dry_run_says_the_precision_of_each_stream(
    drifting_clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained(drifting_clips, tmp_path / "out", dry_run=True, precision="bf16")
    assert "precision    bf16 (autocast); weights, losses" in capsys.readouterr().out


def test_another_precision_is_refused_with_those_there_are(drifting_clips: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="precision: Input should be 'fp32' or 'bf16', found 'half'"):
        trained(drifting_clips, tmp_path / "out", precision="half")
