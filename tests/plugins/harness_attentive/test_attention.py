"""Self-attention over features: sizes, what it may not depend on, and torch's own module as a reference."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from harness_attentive.attention import FACTORISED, JOINT, TEMPORAL, WIDTH, SelfAttention, SpaceTimeAttention


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_a_block_has_the_parameters_of_the_sketch() -> None:
    assert count(SelfAttention(1024, 8)) == 3 * (1024 * 512 + 512) + (512 * 1024 + 1024) + 2 * 1024 == 2_101_760


def test_rows_of_attention_sum_to_1_and_the_block_is_permuted_as_its_input() -> None:
    torch.manual_seed(0)
    block, x = SelfAttention(32, 2), torch.randn(3, 7, 32)
    assert block.weights(x).shape == (3, 2, 7, 7)
    assert torch.allclose(block.weights(x).sum(dim=-1), torch.ones(3, 2, 7))
    order = torch.randperm(7)
    assert torch.allclose(block(x)[:, order], block(x[:, order]), atol=1e-6)
    assert not torch.allclose(block(x)[:, order], block(x), atol=1e-2)


def test_it_is_torchs_multi_head_attention() -> None:
    torch.manual_seed(0)
    channels, heads = 2 * WIDTH, 2
    block, x = SelfAttention(channels, heads), torch.randn(2, 5, channels)
    reference = nn.MultiheadAttention(channels, heads, batch_first=True)
    parts = (block.query, block.key, block.value)
    reference.in_proj_weight.data = torch.cat([part.weight for part in parts])
    reference.in_proj_bias.data = torch.cat([part.bias for part in parts])
    reference.out_proj.load_state_dict(block.out.state_dict())
    seen, weights = reference(x, x, x, average_attn_weights=False)
    assert torch.allclose(block.weights(x), weights, atol=1e-6)
    assert torch.allclose(block(x), block.norm(x + seen), atol=1e-5)


@pytest.mark.parametrize(("variant", "tokens", "blocks"), [(JOINT, 45, 1), (FACTORISED, 45, 2), (TEMPORAL, 5, 1)])
def test_every_variant_sees_what_it_should(variant: str, tokens: int, blocks: int) -> None:
    torch.manual_seed(0)
    attention = SpaceTimeAttention(16, 1, variant, times=8, side=7)
    features = torch.randn(1, 16, 5, 3, 3, requires_grad=True)
    found = attention(features)
    assert found.shape == (1, tokens, 16) and len(attention.blocks) == blocks
    found[0, 0, 0].backward()
    assert features.grad is not None
    reached = features.grad.abs().sum(dim=1)[0] > 0
    assert reached.all()


def test_factorised_attention_looks_at_its_time_and_then_at_its_place() -> None:
    """Of a token far away in both it learns through the two: so it reaches all, but no weight joins them directly."""
    torch.manual_seed(0)
    attention = SpaceTimeAttention(16, 1, FACTORISED, times=2, side=2)
    x = torch.randn(1, 16, 2, 2, 2)
    space, time = attention.blocks
    tokens = x.permute(0, 2, 3, 4, 1).reshape(2, 4, 16)
    after_space = torch.stack([space(frame[None])[0] for frame in tokens])
    expected = torch.stack([time(after_space[None, :, place])[0] for place in range(4)], dim=1)
    assert torch.allclose(attention(x)[0], expected.reshape(8, 16), atol=1e-6)


def test_places_and_times_are_told_apart_once_they_are_learnt() -> None:
    torch.manual_seed(0)
    attention = SpaceTimeAttention(16, 1, JOINT, times=4, side=2)
    x = torch.randn(1, 16, 4, 2, 2)
    backwards = attention(x.flip(2)).mean(dim=1)
    assert torch.allclose(attention(x).mean(dim=1), backwards, atol=1e-5)
    nn.init.normal_(attention.time)
    assert not torch.allclose(attention(x).mean(dim=1), attention(x.flip(2)).mean(dim=1), atol=1e-3)
