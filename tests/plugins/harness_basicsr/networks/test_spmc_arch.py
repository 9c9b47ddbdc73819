"""SPMC's network: its published size, shapes, and what each part must do."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from harness.video.imresize import imresize
from harness.video.warp import warp
from harness_basicsr.networks.convlstm import ConvLSTMCell
from harness_basicsr.networks.spmc_arch import SPMC

from basicsr.archs import build_network  # isort: skip

Layers = list[tuple[int, int, int]]
COARSE: Layers = [(2, 24, 5), (24, 24, 3), (24, 24, 5), (24, 24, 3), (24, 32, 3)]
FINE: Layers = [(5, 24, 5), (24, 24, 3), (24, 24, 3), (24, 24, 3), (24, 8, 3)]
ENCODER: Layers = [(1, 32, 5), (32, 64, 3), (64, 64, 3), (64, 128, 3)]
LSTM: Layers = [(128 + 128, 4 * 128, 3)]
DECODER: Layers = [(128, 128, 3), (128, 64, 4), (64, 64, 3), (64, 32, 4), (32, 32, 3), (32, 1, 5)]
"""Published layers: channels in, channels out, side of the kernel."""


def weights(layers: Layers) -> int:
    return sum(inputs * outputs * side**2 + outputs for inputs, outputs, side in layers)


def count(network: torch.nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def narrow(scale: int = 4, seed: int = 0) -> SPMC:
    torch.manual_seed(seed)
    network: SPMC = build_network({"type": "SPMC", "scale": scale, "num_feat": 4, "num_motion": 4})
    return network.eval()


def clip(count: int, height: int, width: int) -> Tensor:
    return torch.rand(count, 3, 1, height, width, generator=torch.Generator().manual_seed(1))


def test_published_size() -> None:
    network = SPMC()
    assert count(network.motion) == weights(COARSE + FINE) == 53_392
    assert count(network.fusion) == weights(ENCODER + LSTM + DECODER) == 1_668_769
    assert count(network) == 1_722_161


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_odd_sizes_come_out_whole(scale: int) -> None:
    network, x = narrow(scale), clip(2, 7, 9)
    with torch.no_grad():
        result, (estimates, flows) = network(x), network.forward_all(x)
        assert torch.equal(flows, network.flows(x))
    assert result.shape == (2, 1, 7 * scale, 9 * scale)
    assert [e.shape for e in estimates] == [result.shape] * 3
    assert flows.shape == (2, 3, 2, 7, 9)
    torch.testing.assert_close(estimates[-1], result, atol=1e-6, rtol=0)
    assert (estimates[0] - estimates[1]).abs().max() > 1e-4


def test_it_is_deterministic_and_clips_of_a_batch_do_not_mix() -> None:
    network, x = narrow(), clip(3, 8, 12)
    with torch.no_grad():
        whole = network(x)
        assert torch.equal(whole, network(x))
        for n in range(3):
            torch.testing.assert_close(whole[n : n + 1], network(x[n : n + 1]), atol=1e-6, rtol=0)


def test_without_details_it_is_bicubic_enlargement_of_the_centre() -> None:
    network, x = narrow(), clip(1, 7, 9)
    torch.nn.init.zeros_(network.fusion.decode_fine[-1].weight)
    torch.nn.init.zeros_(network.fusion.decode_fine[-1].bias)
    with torch.no_grad():
        torch.testing.assert_close(network(x), imresize(x[:, 1], 4.0), atol=0, rtol=0)


@pytest.mark.parametrize("frame", [0, 1, 2])
def test_every_frame_counts_and_every_weight_learns(frame: int) -> None:
    network, x = narrow(), clip(1, 8, 8).requires_grad_()
    network(x).square().sum().backward()
    assert x.grad is not None and x.grad[:, frame].abs().max() > 0
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in network.parameters())


def test_steps_see_frames_in_order_of_time() -> None:
    network, x = narrow(), clip(1, 8, 8)
    other = x.clone()
    other[:, 2] += 0.2
    with torch.no_grad():
        before, after = network.forward_all(x)[0], network.forward_all(other)[0]
    torch.testing.assert_close(before[:2], after[:2], atol=1e-6, rtol=0)
    assert (before[2] - after[2]).abs().max() > 1e-4


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"Y of 3 frames.*not \(1, 3, 3, 8, 8\)"):
        narrow()(torch.rand(1, 3, 3, 8, 8))


def test_the_cell_remembers_by_its_gates() -> None:
    cell = ConvLSTMCell(2)
    torch.nn.init.zeros_(cell.gates.weight)
    with torch.no_grad():
        cell.gates.bias.copy_(torch.tensor([-50.0, -50, 50, 50, 0, 0, 50, 50]))  # nothing in, all kept, all out
        state = (torch.rand(1, 2, 4, 4), torch.rand(1, 2, 4, 4))
        hidden, kept = cell(torch.rand(1, 2, 4, 4), state)
    torch.testing.assert_close(kept, state[1])
    torch.testing.assert_close(hidden, state[1].tanh())


def test_the_flow_of_a_frame_takes_the_splat_and_the_warp_to_the_same_place() -> None:
    """A frame shifted by a whole pixel: one flow both splats it onto the centre and warps the centre back to it."""
    from harness_basicsr.networks.splat import splat

    centre = torch.rand(1, 1, 6, 8)
    frame = centre.roll(-1, dims=3)  # what is at x in the frame is at x + 1 in the centre
    flow = torch.zeros(1, 2, 6, 8)
    flow[:, 0] = 1
    torch.testing.assert_close(warp(centre, flow)[..., :-1], frame[..., :-1])
    torch.testing.assert_close(splat(frame, flow, 4)[..., ::4, 4::4], centre[..., 1:])
