"""TPSR: sizes of its parts, which frames are whose, what it is equivariant to, and the method around it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from harness.checks import require
from harness.checks.interpolator import check_interpolator
from harness.errors import UsageError
from harness.planning.benchmark import load_benchmark
from harness.planning.plan import method_part
from harness.registry import load_registry
from harness.specs import SRMethodSpec
from harness.video.imresize import imresize
from harness_basicsr.networks.tpsr_arch import TPSR, TemporalProfiles
from harness_basicsr.networks.views import DoubledClipNetwork

CPU = torch.device("cpu")


def count(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def narrow() -> TPSR:
    torch.manual_seed(0)
    return TPSR(num_feat=6, num_block=1, num_refine=3).eval()


def clip(frames: int = 4, height: int = 12, width: int = 10) -> Tensor:
    return torch.rand(1, frames, 3, height, width, generator=torch.Generator().manual_seed(1))


def test_every_part_has_the_size_that_was_chosen() -> None:
    with torch.device("meta"):
        network = TPSR()
    convolution = 64 * 64 * 9 + 64
    parts = {
        "enter": 3 * 64 * 9 + 64, "profiles": 21 * convolution, "shuffle": 64 * 256 * 27 + 256,
        "refine": 10 * (16 * 16 * 27 + 16), "leave": 16 * 3 * 27 + 3,
    }  # fmt: skip
    assert {name: count(part) for name, part in network.named_children()} == parts
    assert count(network) == sum(parts.values()) == 1_290_483


@pytest.mark.parametrize("frames", [1, 2, 4])
@torch.no_grad()
def test_of_t_frames_it_makes_twice_as_many_less_one_at_four_times_the_size(frames: int) -> None:
    assert narrow()(clip(frames)).shape == (1, 2 * frames - 1, 3, 48, 40)


@torch.no_grad()
def test_rows_and_columns_are_treated_alike() -> None:
    torch.manual_seed(0)
    profiles, features = TemporalProfiles(6, 2), torch.rand(2, 6, 3, 9, 7)
    found = profiles(features)
    assert found.shape == (2, 6, 5, 9, 7)
    torch.testing.assert_close(profiles(features.transpose(-2, -1)), found.transpose(-2, -1))


@pytest.mark.parametrize(("down", "right"), [(2, 0), (0, 3)])
@torch.no_grad()
def test_a_clip_that_is_shifted_is_restored_as_shifted(down: int, right: int) -> None:
    network, wide = narrow(), clip(2, 32, 34)
    first, second = wide[..., : 32 - down, : 34 - right], wide[..., down:, right:]
    inner = slice(44, 60)
    moved = slice(inner.start + 4 * down, inner.stop + 4 * down), slice(inner.start + 4 * right, inner.stop + 4 * right)
    found, shifted = network(first)[..., moved[0], moved[1]], network(second)[..., inner, inner]
    torch.testing.assert_close(found, shifted, atol=1e-5, rtol=0)


@torch.no_grad()
def test_a_clip_that_begins_later_is_restored_as_later() -> None:
    network, whole = narrow().double(), clip(24, 4, 4).double()
    torch.testing.assert_close(network(whole[:, 1:])[:, 22:24], network(whole)[:, 24:26])


@torch.no_grad()
def test_frames_between_are_made_of_both_sides_and_none_is_displaced() -> None:
    network, frames = narrow(), clip()
    base = network.base(frames)
    torch.testing.assert_close(base[:, ::2], imresize(frames, 4.0))
    torch.testing.assert_close(base[:, 1::2], (base[:, :-1:2] + base[:, 2::2]) / 2)
    profiles = network.profiles
    profiles.trunk, reach = nn.Sequential(), []
    for moment in range(7):
        features = torch.zeros(1, 6, 4, 3, 3, requires_grad=True)
        with torch.enable_grad():
            profiles(features)[:, :, moment].sum().backward()
        assert features.grad is not None
        reach.append(features.grad.abs().amax(dim=(0, 1, 3, 4)).nonzero().flatten().tolist())
    assert reach == [[0], [0, 1], [1], [1, 2], [2], [2, 3], [3]]


@torch.no_grad()
def test_the_method_gives_the_networks_frames_and_means_at_other_times() -> None:
    network, lr = narrow(), clip(3)[0]
    method = DoubledClipNetwork(network, scale=4, device=CPU)
    made = network(lr[None])[0]
    found = method.upscale(lr, [0.0, 0.5, 0.75, 2.0])  # type: ignore[list-item]
    expected = torch.stack([made[0], made[1], (made[1] + made[2]) / 2, made[4]])
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)


def test_with_nothing_added_it_keeps_the_contract_between_frames() -> None:
    network = narrow()
    nn.init.zeros_(network.leave.weight)
    nn.init.zeros_(network.leave.bias)  # type: ignore[arg-type]
    require(check_interpolator(DoubledClipNetwork(network, scale=4, device=CPU), scale=4))


def test_it_stands_alone_at_half_the_rate_and_says_that_it_has_no_weights() -> None:
    known = load_registry()
    part = method_part("tpsr", known, load_benchmark("mini-2-half-rate"))
    assert known.get(SRMethodSpec, "tpsr").summary.startswith("after Xiao et al.")
    assert part.missing is None or "weights" in part.missing
    for text, benchmark in (("tpsr|hold", "mini-2-half-rate"), ("tpsr", "mini-2")):
        with pytest.raises(UsageError, match="tpsr makes frames between"):
            method_part(text, known, load_benchmark(benchmark))
