"""RAFT against torchvision's network called directly, with random weights: what it computes, not how good it is."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from harness.checks import check_declaration, check_flow
from harness.errors import UnknownNameError, UsageError, WeightsError, WeightsMissingError
from harness.planning.resolving import flow_part
from harness.registry import load_registry
from harness.running.build import build_flow
from harness.specs import FlowSpec, Weights
from harness.weights import user
from harness_optical_flow.network import NetworkFlow
from harness_optical_flow.raft import SIZES, build

CPU = torch.device("cpu")
NEEDS_A_MODEL = {"direction", "still picture"}
"""What random weights do not do."""


def random_weights(size: str, folder: Path) -> tuple[nn.Module, Path]:
    """torchvision's network with seeded random weights, and the file of them."""
    torch.manual_seed(5)
    network = SIZES[size]().eval()
    file = folder / f"random-{size}.pth"
    torch.save(network.state_dict(), file)
    return network, file


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[nn.Module, Path]:
    return random_weights("small", tmp_path_factory.mktemp("raft"))


@pytest.fixture
def estimator(small: tuple[nn.Module, Path]) -> NetworkFlow:
    return build(device=CPU, weights=None, checkpoint=str(small[1]), size="small", updates=2)


def directly(network: nn.Module, first: Tensor, second: Tensor, updates: int) -> Tensor:
    """As torchvision's documentation calls it: [-1, 1], sides that are multiples of 8 from 128."""
    height, width = first.shape[-2:]
    bottom, right = max(128, -(-height // 8) * 8) - height, max(128, -(-width // 8) * 8) - width
    first, second = (pad((x - 0.5) / 0.5, (0, right, 0, bottom), mode="replicate") for x in (first, second))
    with torch.no_grad():
        flow: Tensor = network(first, second, num_flow_updates=updates)[-1]
    return flow[..., :height, :width]


@pytest.mark.parametrize(("height", "width"), [(128, 136), (131, 150), (50, 70)])
def test_it_is_torchvisions_network_on_padded_frames(
    small: tuple[nn.Module, Path], estimator: NetworkFlow, height: int, width: int
) -> None:
    first, second = torch.rand(2, 1, 3, height, width)
    found = estimator.flow(first, second)
    assert found.shape == (1, 2, height, width) and float(found.abs().max()) > 0.1
    assert torch.allclose(found, directly(small[0], first, second, updates=2), atol=1e-4)


@pytest.mark.slow
def test_the_large_one_is_torchvisions_too(tmp_path: Path) -> None:
    network, file = random_weights("large", tmp_path)
    first, second = torch.rand(2, 1, 3, 128, 128)
    found = build(device=CPU, weights=file, updates=1).flow(first, second)
    assert torch.allclose(found, directly(network, first, second, updates=1), atol=1e-4)


def test_the_contract_holds_but_for_what_needs_a_model(estimator: NetworkFlow) -> None:
    checks = check_flow(estimator)
    assert {check.name for check in checks if not check.ok} <= NEEDS_A_MODEL, checks
    assert len(checks) > len(NEEDS_A_MODEL)


def test_pairs_go_through_in_batches_that_fit_into_memory(
    estimator: NetworkFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = torch.rand(2, 3, 3, 128, 128)
    together, sizes = estimator.flow(first, second), []
    estimator.network.register_forward_pre_hook(lambda _, given: sizes.append(len(given[0])))
    monkeypatch.setattr(NetworkFlow, "batch_pixels", {"cpu": 2 * 128 * 128})
    assert torch.allclose(estimator.flow(first, second), together, atol=1e-4) and sizes == [2, 1]


def test_no_pair_gives_no_flow(estimator: NetworkFlow) -> None:
    assert estimator.flow(torch.zeros(0, 3, 20, 30), torch.zeros(0, 3, 20, 30)).shape == (0, 2, 20, 30)


def test_gradients_reach_the_frames_and_no_weights(estimator: NetworkFlow) -> None:
    first, second = torch.rand(2, 1, 3, 128, 128)
    (gradient,) = torch.autograd.grad(estimator.flow(first.requires_grad_(), second).sum(), first)
    assert float(gradient.abs().max()) > 0
    assert all(weight.grad is None for weight in estimator.network.parameters())


def test_weights_of_the_other_size_are_refused_with_what_to_write(small: tuple[nn.Module, Path]) -> None:
    with pytest.raises(WeightsError, match="is it RAFT of size=large"):
        build(device=CPU, weights=small[1])


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"size": "smal"}, UnknownNameError, "Did you mean 'small'"),
        ({"updates": 0}, UsageError, "updates=0: must be at least 1"),
        ({}, WeightsMissingError, "raft:checkpoint=FILE"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    options: dict[str, str | int], error: type[Exception], match: str
) -> None:
    with pytest.raises(error, match=match):
        build(device=CPU, weights=None, **options)  # type: ignore[arg-type]


def test_without_weights_a_benchmark_is_told_where_they_are() -> None:
    registry = load_registry()
    assert all(check.ok for check in check_declaration(registry.get(FlowSpec, "raft")))
    missing = flow_part("raft", registry, "mini-2").missing
    assert missing is not None and "raft:checkpoint=FILE" in missing and "raft_large_C_T_SKHT_V2-ff5fadd5" in missing


def test_added_weights_say_their_size(
    small: tuple[nn.Module, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the command does that a benchmark is told when there are none."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    spec = load_registry().get(FlowSpec, "raft")
    user.add(spec, small[1], Weights("official", "", "nothing", "none", options={"size": "small"}))
    part = flow_part("raft:updates=2", load_registry(), "mini-2")
    assert part.missing is None and part.options["size"] == "small" and part.weights is not None
    first, second = torch.rand(2, 1, 3, 128, 128)
    found = build_flow(part, CPU).flow(first, second)
    assert torch.allclose(found, directly(small[0], first, second, updates=2), atol=1e-4)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_frames_on_another_device_than_the_network_get_their_flow_back(small: tuple[nn.Module, Path]) -> None:
    on_card = build(device=torch.device("cuda"), weights=small[1], size="small", updates=2)
    first, second = torch.rand(2, 1, 3, 128, 128)
    assert on_card.flow(first, second).device.type == "cpu"
    assert on_card.flow(first.cuda(), second.cuda()).is_cuda


def test_the_users_file_counts_by_its_content(small: tuple[nn.Module, Path], tmp_path: Path) -> None:
    registry = load_registry()
    copy = tmp_path / "copy.pth"
    copy.write_bytes(small[1].read_bytes())
    parts = [flow_part(f"raft:checkpoint={file},size=small", registry, "mini-2") for file in (small[1], copy)]
    assert parts[0].missing is None and parts[0].identity() == parts[1].identity()
    torch.save({key: value + 1 for key, value in small[0].state_dict().items()}, copy)
    assert parts[0].identity() != parts[1].identity()
