"""How a recipe's networks compute while they learn, and that all around them stays in single precision."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from harness.training import precision
from harness.training.computing import ComputingRecipe
from harness.training.precision import prepare_network

CPU = torch.device("cpu")


class Layers(nn.Module):
    """Convolutions in two and three dimensions that remember in which precision they worked."""

    def __init__(self) -> None:
        super().__init__()
        self.flat, self.deep = nn.Conv2d(3, 4, 3), nn.Conv3d(2, 4, 3)
        self.types: list[torch.dtype] = []

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.flat(x)
        self.types.append(found.dtype)
        return found

    def both(self, x: Tensor) -> list[Tensor]:
        return [self.flat(x), x]


def prepared(**said: object) -> Layers:
    torch.manual_seed(1)
    network = Layers()
    prepare_network(network, ComputingRecipe.model_validate(said), CPU, ("forward", "both"))
    return network


def test_half_precision_is_for_learning_alone() -> None:
    network, x = prepared(precision="bf16"), torch.rand(2, 3, 8, 8)
    learning = network(x)
    learning.square().mean().backward()
    validated = network.eval()(x)
    assert network.types == [torch.bfloat16, torch.float32]
    assert learning.dtype == torch.float32 and 0 < float((learning - validated).detach().abs().max()) < 0.02
    assert torch.equal(validated, prepared()(x))
    weight = network.flat.weight
    assert weight.dtype == torch.float32 and weight.grad is not None and weight.grad.dtype == torch.float32


def test_depthwise_convolutions_learn_in_single_precision() -> None:
    """On a processor, whose kernels for them are slow in bf16; the layers around them are in bf16 all the same."""
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 3, groups=4), nn.Conv2d(4, 4, 1, groups=2))
    types: list[torch.dtype] = []
    for layer in network:
        layer.register_forward_hook(lambda _, __, found: types.append(found.dtype))
    prepare_network(network, ComputingRecipe(precision="bf16"), CPU)
    network(torch.rand(1, 3, 8, 8)).mean().backward()
    assert types == [torch.bfloat16, torch.float32, torch.bfloat16]
    assert all(weight.grad is not None for weight in network.parameters())


def test_every_way_into_a_network_returns_single_precision() -> None:
    outputs = prepared(precision="bf16").both(torch.rand(1, 3, 8, 8))
    assert {x.dtype for x in outputs} == {torch.float32}
    assert not torch.equal(outputs[0], prepared().both(outputs[1])[0])


def test_channels_last_is_a_matter_of_memory() -> None:
    network, usual, x = prepared(channels_last=True), prepared(), torch.rand(2, 3, 8, 8)
    assert network.flat.weight.is_contiguous(memory_format=torch.channels_last)
    assert network.deep.weight.is_contiguous(memory_format=torch.channels_last_3d)
    assert network(x).is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(network(x), usual(x), atol=1e-5, rtol=0)


def test_what_is_usual_changes_nothing_and_is_not_recorded() -> None:
    network = prepared()
    assert "forward" not in vars(network) and network.flat.weight.is_contiguous()
    assert ComputingRecipe().computing() == {} and ComputingRecipe().in_words() == "fp32"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"precision": "bf16"}, "bf16 (autocast); weights, losses and optimisers fp32"),
        ({"channels_last": True}, "fp32, channels-last"),
    ],
)
def test_what_is_not_usual_is_recorded_and_said(said: dict[str, object], words: str) -> None:
    recipe = ComputingRecipe.model_validate(said)
    assert recipe.computing() == said and recipe.in_words() == words


def test_a_precision_that_would_need_scaled_losses_is_refused() -> None:
    with pytest.raises(ValidationError, match="'fp32' or 'bf16'"):
        ComputingRecipe.model_validate({"precision": "fp16"})


@pytest.mark.parametrize(
    ("info", "told"),
    [
        ("model name\t: A\nflags\t\t: fpu avx2 avx512_bf16 amx_tile\n", 0),
        ("Features\t: fp asimd bf16\n", 0),
        ("model name\t: A\nflags\t\t: fpu avx2 avx512f\n", 1),
        ("", 0),  # nobody knows
    ],
)
def test_a_processor_without_bf16_is_said_once(
    info: str, told: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cpuinfo").write_text(info)
    monkeypatch.setattr("harness.training.hardware.CPU_INFO", tmp_path / "cpuinfo")
    precision._warn_once.cache_clear()
    prepared(precision="bf16")
    prepared(precision="bf16")
    prepared(precision="fp32")
    assert capsys.readouterr().err.count("has no instructions for bf16") == told
    precision._warn_once.cache_clear()
