"""The published SRResNet: its size by hand, its scales."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from harness.errors import UsageError
from harness_basicsr.networks.srresnet_arch import SRResNet


def test_the_size_is_the_published_one() -> None:
    prelu, norm = 1, 2 * 64
    head = 3 * 64 * 9 * 9 + 64 + prelu
    block = 2 * (64 * 64 * 3 * 3 + norm) + prelu
    after = 64 * 64 * 3 * 3 + norm
    enlarge = 64 * 256 * 3 * 3 + 256 + prelu
    tail = 64 * 3 * 9 * 9 + 3
    expected = head + 16 * block + after + 2 * enlarge + tail
    assert sum(p.numel() for p in SRResNet().parameters()) == expected == 1_547_350


def test_it_has_the_published_layers_and_not_the_modified_ones() -> None:
    network = SRResNet(num_feat=4, num_block=2)
    kinds = [type(module) for module in network.modules()]
    assert kinds.count(nn.BatchNorm2d) == 2 * 2 + 1 and kinds.count(nn.PReLU) == 1 + 2 + 2
    assert nn.LeakyReLU not in kinds and nn.ReLU not in kinds
    assert network.head[0].kernel_size == network.tail.kernel_size == (9, 9)


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_every_scale_enlarges_by_its_factor(scale: int) -> None:
    network = SRResNet(scale, num_feat=4, num_block=1)
    assert network(torch.rand(2, 3, 5, 4)).shape == (2, 3, 5 * scale, 4 * scale)


def test_the_output_is_mapped_from_minus_one_and_one() -> None:
    network = SRResNet(2, num_feat=4, num_block=1)
    nn.init.zeros_(network.tail.weight)
    for bias, level in ((-1.0, 0.0), (1.0, 1.0)):
        nn.init.constant_(network.tail.bias, bias)  # type: ignore[arg-type]
        assert bool((network(torch.rand(1, 3, 4, 4)) == level).all())


def test_another_scale_is_refused() -> None:
    with pytest.raises(UsageError, match="SRResNet does scale 2, 3, 4, 8, not 5"):
        SRResNet(5)
