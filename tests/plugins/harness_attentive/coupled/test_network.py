"""The network: torch's GRU step by step, and the sum of its last states."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from harness_attentive.coupled.network import HIDDEN, CoupledGRU


def last_state(gru: nn.GRU, units: Tensor, suffix: str) -> Tensor:
    """The state after the last of `units` ``(T, channels)``, a step at a time."""
    cell = nn.GRUCell(units.shape[1], HIDDEN)
    names = {name: f"{name}_l0{suffix}" for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
    cell.load_state_dict({name: gru.state_dict()[own] for name, own in names.items()})
    state = torch.zeros(1, HIDDEN)
    for unit in units:
        state = cell(unit[None], state)
    return state


def test_a_sample_is_scored_by_the_sum_of_four_states_reached_step_by_step() -> None:
    torch.manual_seed(0)
    network = CoupledGRU(5, 8).eval()
    spatial, temporal = torch.randn(2, 6, 8)
    with torch.no_grad():
        total = torch.zeros(1, HIDDEN)
        for gru, units in ((network.spatial, spatial), (network.temporal, temporal)):
            units = units / units.norm(dim=-1, keepdim=True)
            total += last_state(gru, units, "") + last_state(gru, units.flip(0), "_reverse")
        found = network(spatial[None], temporal[None])
        torch.testing.assert_close(found, network.classes(total), atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(network(3 * spatial[None], temporal[None]), found, atol=1e-5, rtol=1e-4)
        several = network(torch.randn(3, 6, 8), torch.randn(3, 6, 8))
    assert several.shape == (3, 5)
