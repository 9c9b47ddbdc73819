"""BN-Inception against another implementation's numbers, and as the network of both streams of TSN."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from harness.errors import UsageError
from harness.weights.loading import save_state
from harness_mmaction.compat import prepare
from harness_mmaction.networks.network import build_network, config_of_file
from harness_mmaction.tsn import build

prepare()
from harness_mmaction.networks.bn_inception import BNInception  # noqa: E402

CONFIG = "recognition/tsn/tsn_bninception_{stream}.yaml"
CLASSES = ["walk", "run", "jump"]
SMALL = {"segments": 2, "crops": "centre", "short_side": 64, "input_size": 64, "sampling": "mmaction"}


def filled(name: str, weight: Tensor) -> Tensor:
    """Weights that any implementation can reproduce: sines of the position, scaled by what they are for."""
    wave = torch.sin(torch.arange(weight.numel(), dtype=torch.float64) * 0.37 + len(name)).reshape(weight.shape).float()
    if weight.ndim > 1:
        return wave * (3 / weight[0].numel()) ** 0.5
    return 1 + 0.3 * wave if name.endswith(("bn.weight", "var")) else 0.1 * wave


def test_features_are_those_of_pretrainedmodels() -> None:
    """The numbers are what `bninception` of pretrained-models.pytorch (181b05d) makes of the same weights and input."""
    network = BNInception().eval()
    state = {name: weight for name, weight in network.state_dict().items() if weight.is_floating_point()}
    network.load_state_dict({name: filled(name, weight) for name, weight in state.items()}, strict=False)
    image = torch.sin(torch.arange(3 * 64 * 96, dtype=torch.float64) * 0.11).reshape(1, 3, 64, 96).float()
    with torch.no_grad():
        features = network(image)
    assert features.shape == (1, 1024, 2, 3)
    found = features.contiguous().flatten()[[1293, 2155, 2586, 3017, 4741, 6034]]
    expected = torch.tensor([0.535095, 0.095426, 0.060253, 0.099651, 0.014223, 0.556092])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    assert features.mean().item() == pytest.approx(0.124498, abs=1e-5)
    assert features.std().item() == pytest.approx(0.207630, abs=1e-5)


def test_size_with_the_classifier_of_imagenet_is_the_published_one() -> None:
    backbone = sum(weight.numel() for weight in BNInception().parameters())
    assert backbone + 1000 * 1024 + 1000 == 11_295_240


def test_sides_that_would_not_halve_evenly_are_refused() -> None:
    with pytest.raises(UsageError, match=r"multiples of 32, not \(64, 100\)"):
        BNInception()(torch.rand(1, 3, 64, 100))


@pytest.fixture
def checkpoint(tmp_path: Path) -> Callable[[str], Path]:
    def make(stream: str) -> Path:
        torch.manual_seed(0)
        network = build_network(config_of_file(CONFIG.replace("{stream}", stream), len(CLASSES)), "test")
        path = tmp_path / f"{stream}.safetensors"
        save_state(path, {key: value for key, value in network.state_dict().items() if "num_batches" not in key}, {})
        return path

    return make


def test_the_spatial_stream_feeds_it_blue_green_red(checkpoint: Callable[[str], Path]) -> None:
    stream = build(
        stream="spatial", class_names=CLASSES, device=torch.device("cpu"), config=CONFIG,
        checkpoint=str(checkpoint("spatial")), **SMALL,
    )  # fmt: skip
    frames = torch.rand(2, 3, 64, 64)
    means = torch.tensor([104.0, 117.0, 128.0]).view(3, 1, 1)
    with torch.no_grad():
        features = stream.network.backbone(frames.flip(1) * 255 - means).mean((-1, -2))
        expected = stream.network.cls_head.fc_cls(features).mean(0)
    torch.testing.assert_close(stream.scores(frames, torch.zeros(0, 2, 64, 64)), expected, atol=1e-4, rtol=0)


def test_the_temporal_stream_takes_five_fields_with_no_motion_at_zero(checkpoint: Callable[[str], Path]) -> None:
    stream = build(
        stream="temporal", class_names=CLASSES, device=torch.device("cpu"), config=CONFIG,
        checkpoint=str(checkpoint("temporal")), **SMALL,
    )  # fmt: skip
    with torch.no_grad():
        features = stream.network.backbone(torch.zeros(1, 10, 64, 64)).mean((-1, -2))
        expected = stream.network.cls_head.fc_cls(features)[0]
    still = stream.scores(torch.zeros(0, 3, 64, 64), torch.zeros(10, 2, 64, 64))
    torch.testing.assert_close(still, expected, atol=1e-4, rtol=0)
