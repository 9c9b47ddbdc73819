"""LPIPS against its authors' package, DISTS against its formula, NIQE against BasicSR; with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision

from harness.checks import check_probe, require
from harness.checks.probe import SyntheticSample
from harness.contracts import Probe
from harness.errors import WeightsError
from harness.registry import registry
from harness.specs import ProbeSpec
from harness.video.frames import to_uint8
from harness_perceptual import distances
from harness_perceptual.niqe import Niqe

CPU = torch.device("cpu")


def saved(network: torch.nn.Module, path: Path) -> Path:
    state = {key: value for key, value in network.state_dict().items() if not key.startswith("classifier")}
    torch.save(state, path)
    return path


@pytest.fixture(scope="module")
def alexnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    return saved(torchvision.models.alexnet(), tmp_path_factory.mktemp("weights") / "alexnet.pth")


@pytest.fixture(scope="module")
def vgg16(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    with torch.device("meta"):
        features = torchvision.models.vgg16().features
    network = torch.nn.ModuleDict({"features": features.to_empty(device="cpu")})
    for layer in features:
        if isinstance(layer, torch.nn.Conv2d):
            layer.reset_parameters()
    return saved(network, tmp_path_factory.mktemp("weights") / "vgg16.pth")


def sample_for(probe: Probe, frames: int = 4) -> SyntheticSample:
    return SyntheticSample(frames, 4, probe.wants(frames))


def authors_lpips(weights: Path) -> Any:
    package = pytest.importorskip("lpips")
    network = package.LPIPS(net="alex", pnet_rand=True, verbose=False)
    state = torch.load(weights, weights_only=True)
    for part in (getattr(network.net, f"slice{number}") for number in range(1, 6)):
        for name, layer in part.named_children():
            own = {key.rpartition(".")[2]: value for key, value in state.items() if key.startswith(f"features.{name}.")}
            layer.load_state_dict(own)
    return network


def test_lpips_is_that_of_its_authors(alexnet: Path) -> None:
    pytest.importorskip("torchmetrics")
    from harness_perceptual.distances import Lpips

    reference, probe = authors_lpips(alexnet), Lpips(scale=4, device=CPU, weights=alexnet)
    sample = sample_for(probe)
    with torch.no_grad():
        expected = reference(sample.sr(range(4)) * 2 - 1, sample.hr(range(4)) * 2 - 1).mean()
    assert float(expected) > 1e-4
    assert probe.measure(sample).numbers == {"lpips": pytest.approx(float(expected), rel=1e-4)}


def test_tlp_is_the_authors_formula(alexnet: Path) -> None:
    pytest.importorskip("torchmetrics")
    from harness_perceptual.temporal import TemporalLpips

    reference, probe = authors_lpips(alexnet), TemporalLpips(scale=4, device=CPU, weights=alexnet)
    sample = sample_for(probe)
    sr, hr = (frames(range(4)) * 2 - 1 for frames in (sample.sr, sample.hr))
    with torch.no_grad():
        expected = (reference(sr[:-1], sr[1:]) - reference(hr[:-1], hr[1:])).abs().mean() * 100
    assert float(expected) > 1e-3
    assert probe.measure(sample).numbers == {"tlp100": pytest.approx(float(expected), rel=1e-3)}
    assert probe.measure(sample_for(probe, 1)).numbers == {"tlp100": None}


def test_dists_is_its_formula_on_the_given_weights(vgg16: Path) -> None:
    """Equations 4 to 6 of Ding et al. at the one stage whose features are the frames themselves."""
    pytest.importorskip("torchmetrics")
    from harness_perceptual.distances import Dists

    probe = Dists(scale=4, device=CPU, weights=vgg16)
    network: Any = probe.network
    first = torch.load(vgg16, weights_only=True)["features.0.weight"]
    assert torch.equal(network.stage1[0].weight, first)
    sample = sample_for(probe)
    measured = probe.measure(sample).numbers["dists"]
    assert measured is not None and 0 < measured < 1
    with torch.no_grad():
        network.alpha.zero_(), network.beta.zero_()
        network.alpha[:, :3] = 1
        x, y = sample.sr(range(4)).mean((2, 3)), sample.hr(range(4)).mean((2, 3))
        expected = 1 - ((2 * x * y + 1e-6) / (x**2 + y**2 + 1e-6)).mean(1)
    assert probe.measure(sample).numbers["dists"] == pytest.approx(float(expected.mean()), abs=1e-6)


@pytest.mark.parametrize("name", ["lpips", "tlp", "dists"])
def test_networks_keep_the_contract_and_equal_frames_have_no_distance(name: str, request: Any) -> None:
    pytest.importorskip("torchmetrics")
    from harness.imports import resolve_import

    spec = registry().get(ProbeSpec, name)
    weights = request.getfixturevalue("vgg16" if name == "dists" else "alexnet")
    probe = resolve_import(spec.factory)(scale=4, device=CPU, weights=weights)
    require(check_probe(probe, scale=4, columns=spec.columns))
    sample = sample_for(probe)
    sample._sr = sample._hr
    assert probe.measure(sample).numbers[spec.columns[0].key] == pytest.approx(0, abs=1e-5)
    small = sample_for(probe)
    small._sr, small._hr = sample._sr[..., :31], sample._hr[..., :31]
    assert probe.measure(small).numbers[spec.columns[0].key] is None


def test_blocks_give_the_same_number(alexnet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torchmetrics")
    probe = distances.Lpips(scale=4, device=CPU, weights=alexnet)
    whole = probe.measure(sample_for(probe)).numbers["lpips"]
    monkeypatch.setattr(distances, "BLOCK_PIXELS", 3 * 64 * 64)
    assert probe.measure(sample_for(probe)).numbers["lpips"] == pytest.approx(whole, rel=1e-5)


def test_weights_of_another_network_are_refused(vgg16: Path) -> None:
    pytest.importorskip("torchmetrics")
    with pytest.raises(WeightsError, match="not the weights of torchvision's alexnet"):
        distances.Lpips(scale=4, device=CPU, weights=vgg16)


def textured(frames: int, height: int, width: int) -> torch.Tensor:
    return torch.rand(frames, 3, height, width, generator=torch.Generator().manual_seed(1))


class Still:
    """A sample of given restored frames."""

    def __init__(self, frames: torch.Tensor) -> None:
        self.frames, self.num_frames = frames, len(frames)

    def sr(self, frames: Any) -> torch.Tensor:
        return self.frames[list(frames)]


def test_niqe_is_that_of_basicsr() -> None:
    from basicsr.metrics.niqe import calculate_niqe

    frames = textured(3, 100, 210)
    sample: Any = Still(frames)
    expected = [calculate_niqe(np.ascontiguousarray(f[..., ::-1]), crop_border=2) for f in to_uint8(frames)]
    assert Niqe(scale=2, samples=0).measure(sample).numbers == {"niqe": pytest.approx(np.mean(expected))}
    assert Niqe(scale=2).wants(100).frames == Niqe(scale=2, samples=8).wants(100).frames != tuple(range(100))


@pytest.mark.parametrize("frames", [textured(1, 100, 150), torch.zeros(1, 3, 100, 200)], ids=["one block", "flat"])
def test_niqe_is_undefined_without_two_blocks_of_texture(frames: torch.Tensor) -> None:
    sample: Any = Still(frames)
    assert Niqe(scale=2).measure(sample).numbers == {"niqe": None}


def test_niqe_keeps_the_contract() -> None:
    require(check_probe(Niqe(scale=4), scale=4, columns=registry().get(ProbeSpec, "niqe").columns))
