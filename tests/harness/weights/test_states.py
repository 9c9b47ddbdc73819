"""Which state dictionary of a file is meant: whatever it is wrapped in, it loads where it fits and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from harness.errors import WeightsError
from harness.weights.loading import load_into, load_state, load_states
from harness.weights.states import meanings

State = Mapping[str, Tensor]


def made(width: int = 8, seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, width, 3), nn.BatchNorm2d(width), nn.Conv2d(width, 3, 3))


NETWORK = made()
STATE = NETWORK.state_dict()
DISCRIMINATOR = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).state_dict()
ADAM = torch.optim.Adam(NETWORK.parameters()).state_dict()


def under(prefix: str, state: State = STATE) -> dict[str, Tensor]:
    return {prefix + key: value for key, value in state.items()}


def each(change: Callable[[Tensor], Tensor]) -> dict[str, Tensor]:
    return {key: change(value) if value.is_floating_point() else value for key, value in STATE.items()}


WRAPPED: dict[str, Any] = {
    "plain": STATE,
    "DataParallel": under("module."),
    "torch.compile": under("_orig_mod."),
    "both": {"params": under("module._orig_mod.")},
    "both, the other way round": {"state_dict": under("_orig_mod.module.")},
    "a compiled part": {key.replace("0.", "0._orig_mod.", 1): value for key, value in STATE.items()},
    "a generator beside its discriminator": {**under("generator."), **under("discriminator.", DISCRIMINATOR)},
    "a discriminator before its generator": {"discriminator": DISCRIMINATOR, "generator": under("module.")},
    "net_g": {"net_g": under("module."), "net_d": DISCRIMINATOR},
    "net_g as prefix": under("net_g."),
    "model": {"model": STATE, "optimizer": ADAM, "epoch": 3},
    "model_state_dict": {"model_state_dict": STATE, "optimizer_state_dict": ADAM},
    "nested": {"model": {"state_dict": {"params_ema": under("module.net_g.")}}},
    "a loss beside": {"state_dict": {**under("model."), "loss.vgg.0.weight": torch.zeros(3)}},
    "a name of one's own": {"my_net": STATE, "their_net": DISCRIMINATOR},
    "a prefix of one's own": under("my_net."),
    "a step beside": {"state_dict": STATE, "step": torch.tensor(3)},
    "mean of training preferred": {"params": each(torch.zeros_like), "params_ema": STATE},
    "without counters": {key: value for key, value in STATE.items() if not key.endswith("num_batches_tracked")},
}


@pytest.mark.parametrize("content", WRAPPED.values(), ids=WRAPPED)
def test_a_wrapped_state_loads_as_the_plain_one(tmp_path: Path, content: Any) -> None:
    torch.save(content, tmp_path / "net.pth")
    network = made(seed=1)
    load_into(network, tmp_path / "net.pth")
    for key, value in STATE.items():
        assert torch.equal(network.state_dict()[key], value), key


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_numbers_of_any_width_are_converted(tmp_path: Path, kind: torch.dtype) -> None:
    torch.save(each(lambda value: value.to(kind)), tmp_path / "net.pth")
    network = made(seed=1)
    load_into(network, tmp_path / "net.pth")
    assert {value.dtype for value in network.parameters()} == {torch.float32}
    torch.testing.assert_close(network.state_dict(), STATE, atol=1e-2, rtol=1e-2)


REFUSED: dict[str, tuple[Any, str]] = {
    "width": (
        under("module.", made(16).state_dict()),
        r"different: 0\.weight is 16x3x3x3 in the file, 8x3x3x3 in the network.* and 3 more",
    ),
    "missing": ({key: value for key, value in STATE.items() if key[0] != "2"}, r"missing: 2\.weight, 2\.bias$"),
    "unexpected": ({**STATE, "3.weight": torch.zeros(3)}, r"unexpected: 3\.weight$"),
    "integers": (each(lambda value: value.to(torch.int8)), "0.weight is int8 in the file, float32 in the network"),
    "complex": (each(lambda value: value.to(torch.complex64)), "'0.weight' is not a plain tensor"),
    "sparse": ({**STATE, "0.bias": STATE["0.bias"].to_sparse()}, "'0.bias' is not a plain tensor"),
    "elsewhere": ({**STATE, "0.bias": torch.empty(8, device="meta")}, "'0.bias' is not a plain tensor"),
    "huge": ({**STATE, "0.bias": torch.zeros(1).expand(10**6, 10**6)}, "claim more than the file holds"),
    "NaN": ({**STATE, "2.bias": torch.full((3,), torch.nan)}, "'2.bias' has NaN"),
    "infinite": ({**STATE, "1.running_var": torch.full((8,), torch.inf)}, "'1.running_var' has infinite values"),
    "two that fit": (
        {"student": STATE, "teacher": each(torch.clone)},
        r"holds several state dictionaries \(student, teacher\)",
    ),
    "a part of something larger": ({**under("sr."), **under("refine.")}, "does not fit the network"),
    "empty": ({"state_dict": {}}, "expected a state dictionary of tensors, found an empty one"),
    "no dictionary": ([1, 2], "expected a state dictionary of tensors, found list"),
    "numbers": ({"model": {"w": 3}}, "expected a state dictionary of tensors, but 'w' is not a tensor"),
}


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_said(tmp_path: Path, content: Any, message: str) -> None:
    torch.save(content, tmp_path / "net.pth")
    with pytest.raises(WeightsError, match=message) as caught:
        load_into(made(), tmp_path / "net.pth")
    assert str(tmp_path / "net.pth") in str(caught.value) and "\n" not in str(caught.value)


def test_values_that_a_network_has_infinite_itself_may_be_so(tmp_path: Path) -> None:
    network = nn.Linear(1, 1)
    network.register_buffer("mask", torch.tensor([0.0, -torch.inf]))
    torch.save(network.state_dict(), tmp_path / "net.pth")
    load_into(network, tmp_path / "net.pth")


def test_without_a_network_prefixes_of_training_go_and_others_stay(tmp_path: Path) -> None:
    torch.save({"state_dict": under("module.model.")}, tmp_path / "net.pth")
    assert load_state(tmp_path / "net.pth").keys() == under("model.").keys()
    torch.save({"first": STATE, "second": DISCRIMINATOR}, tmp_path / "net.pth")
    with pytest.raises(WeightsError, match=r"several state dictionaries \(first, second\)"):
        load_state(tmp_path / "net.pth")


def test_all_that_a_file_may_mean_is_offered_in_order(tmp_path: Path) -> None:
    both = {**under("generator."), **under("discriminator.", DISCRIMINATOR)}
    torch.save({"other": DISCRIMINATOR, "params": both}, tmp_path / "net.pth")
    first, second, third = (list(state.tensors) for state in meanings(load_states(tmp_path / "net.pth")))
    assert (first, second, third) == (list(both), list(STATE), list(DISCRIMINATOR))
