"""SpyNet against BasicSR's network called directly, with random weights: what it computes, not how good it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from harness.checks import check_declaration
from harness.errors import WeightsError, WeightsMissingError
from harness.planning.resolving import flow_part
from harness.registry import load_registry
from harness.specs import FlowSpec
from harness_basicsr.flow import build_spynet
from harness_basicsr.networks import registered
from harness_optical_flow.network import NetworkFlow

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def basicvsr() -> Any:
    """BasicSR's BasicVSR, narrow, with seeded random weights; its SpyNet has colours of its own."""
    torch.manual_seed(3)
    network: Any = registered.create({"type": "BasicVSR", "num_feat": 8, "num_block": 1}).eval()
    network.spynet.mean += 0.01
    return network


def saved(content: Any, folder: Path) -> NetworkFlow:
    torch.save(content, folder / "file.pth")
    return build_spynet(device=CPU, weights=None, checkpoint=str(folder / "file.pth"))


def directly(spynet: nn.Module, first: Tensor, second: Tensor) -> Tensor:
    with torch.no_grad():
        flow: Tensor = spynet(first, second)
    return flow


@pytest.mark.parametrize("wrapped", [{}, {"params": ""}, {"state_dict": "generator."}, {"params_ema": "module."}])
def test_the_flow_inside_a_basicvsr_checkpoint_is_basicsrs(
    basicvsr: Any, tmp_path: Path, wrapped: dict[str, str]
) -> None:
    """`wrapped` is where training libraries put the network: a level, and a prefix of every key."""
    prefix = next(iter(wrapped.values()), "")
    state: Any = {f"{prefix}{key}": value for key, value in basicvsr.state_dict().items()}
    estimator = saved({level: state for level in wrapped} or state, tmp_path)
    first, second = torch.rand(2, 2, 3, 48, 60)
    found = estimator.flow(first, second)
    assert found.shape == (2, 2, 48, 60) and float(found.abs().max()) > 0.01
    assert torch.allclose(found, directly(basicvsr.spynet, first, second), atol=1e-6)


def test_spynets_own_file_lacks_the_constants(basicvsr: Any, tmp_path: Path) -> None:
    """As BasicSR's ``load_path`` takes it."""
    spynet = registered.create({"type": "SpyNet"}).eval()
    weights = {key: value for key, value in basicvsr.spynet.state_dict().items() if key.startswith("basic_module")}
    spynet.load_state_dict(weights, strict=False)
    first, second = torch.rand(2, 1, 3, 64, 64)
    assert torch.equal(saved({"params": weights}, tmp_path).flow(first, second), directly(spynet, first, second))


def test_small_frames_are_padded_to_what_the_network_can_take(basicvsr: Any, tmp_path: Path) -> None:
    first, second = torch.rand(2, 1, 3, 20, 40)
    found = saved(basicvsr.state_dict(), tmp_path).flow(first, second)
    first, second = (pad(frames, (0, 0, 0, 13), mode="replicate") for frames in (first, second))
    assert torch.equal(found, directly(basicvsr.spynet, first, second)[..., :20, :])


def test_pairs_do_not_depend_on_their_batch_and_stay_as_they_are(basicvsr: Any, tmp_path: Path) -> None:
    estimator = saved(basicvsr.state_dict(), tmp_path)
    given = torch.rand(2, 3, 3, 34, 40)
    first, second = given.clone()
    together = estimator.flow(first, second)
    alone = torch.cat([estimator.flow(first[i : i + 1], second[i : i + 1]) for i in range(3)])
    assert torch.equal(estimator.flow(first, second), together) and torch.allclose(alone, together, atol=1e-5)
    assert torch.equal(torch.stack([first, second]), given)


def test_a_file_without_a_spynet_is_refused_with_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"expected BasicSR's SpyNet, or .* such as BasicVSR\); missing: basic_mod"):
        saved({"params": {"conv.weight": torch.zeros(3)}}, tmp_path)


def test_weights_that_are_not_finite_are_refused(basicvsr: Any, tmp_path: Path) -> None:
    state = {**basicvsr.state_dict(), "spynet.basic_module.0.basic_module.0.bias": torch.full((32,), float("nan"))}
    with pytest.raises(WeightsError, match="has NaN"):
        saved({"params": state}, tmp_path)


def test_without_weights_it_says_how_to_give_some() -> None:
    with pytest.raises(WeightsMissingError, match="spynet:checkpoint=FILE"):
        build_spynet(device=CPU, weights=None)
    registry = load_registry()
    assert all(check.ok for check in check_declaration(registry.get(FlowSpec, "spynet")))
    missing = flow_part("spynet", registry, "mini-2").missing
    assert missing is not None and "spynet:checkpoint=FILE" in missing and "BasicVSR_REDS4" in missing
