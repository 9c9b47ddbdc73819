"""DFlow: sizes of its parts, what depends on what, and the limits that the method has to keep from the network."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from harness.methods import ClipNetwork
from harness_basicsr.declared.architectures import ARCHITECTURES
from harness_basicsr.networks.dflow_arch import DFlow, LargeKernelAttention
from harness_basicsr.networks.distilling import LEAST_SIDE, Distillation, SpatialAttention

CPU = torch.device("cpu")


def count(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def narrow() -> DFlow:
    torch.manual_seed(0)
    return DFlow(num_feat=8, num_block=1).eval()


def clip(frames: int = 4, height: int = 16, width: int = 20) -> Tensor:
    return torch.rand(1, frames, 3, height, width, generator=torch.Generator().manual_seed(1))


def test_every_part_has_the_published_number_of_parameters() -> None:
    with torch.device("meta"):
        network = DFlow()
    parts = {
        "motions": 2 * 111_554, "changes": 2 * (2_944 + 130), "backward_trunk": 1_171_104,
        "forward_trunk": 1_207_968, "fuse": 8_256, "enlarge": 2 * 147_712, "tail": 36_928, "last": 1_731,
    }  # fmt: skip
    assert {name: count(part) for name, part in network.named_children()} == parts
    assert count(network) == sum(parts.values()) == 2_950_667
    assert count(LargeKernelAttention(64)) == 17_344
    assert count(SpatialAttention(64, 32)) == 42_240 and count(Distillation(64)) == 185_984


@torch.no_grad()
def test_every_frame_depends_on_the_whole_clip() -> None:
    frames, network = clip(), narrow().double()
    before = network(frames.double())
    for changed in (0, 3):
        other = frames.double().clone()
        other[:, changed] = 1 - other[:, changed]
        difference = (network(other) - before).abs().amax(dim=(0, 2, 3, 4))
        assert (difference > 0).all()


@torch.no_grad()
def test_what_is_carried_starts_without_flow_and_each_flow_follows_from_the_one_before() -> None:
    frames, network = clip(), narrow()
    restored, forward, backward = network.restore(frames)
    assert restored.shape == (1, 4, 3, 64, 80)
    assert [flow is None for flow in forward.flows] == [True, False, False, False]
    assert [flow is None for flow in backward.flows] == [False, False, False, True]
    x, first, later = frames[0], forward.flows[1], forward.flows[2]
    assert first is not None and later is not None
    torch.testing.assert_close(first, network.motions[0](x[1:2], x[:1]))
    torch.testing.assert_close(later, network.changes[0](torch.cat([x[2:3] - x[1:2], first], dim=1)))
    last = backward.flows[2]
    assert last is not None
    torch.testing.assert_close(last, network.motions[1](x[2:3], x[3:]))


@torch.no_grad()
def test_small_frames_and_lone_frames_are_restored_by_the_method_though_the_network_cannot() -> None:
    network, entry = narrow(), ARCHITECTURES["dflow"]
    with pytest.raises(RuntimeError):
        network(clip(height=LEAST_SIDE - 1))
    assert network(clip(height=LEAST_SIDE, width=LEAST_SIDE)).shape[-2:] == (60, 60)
    method = ClipNetwork(network, scale=4, device=CPU, shortest=entry.shortest, least=entry.least)
    assert method.upscale(clip(1, 12, 16)[0], [0]).shape == (1, 3, 48, 64)
    assert entry.least == LEAST_SIDE
