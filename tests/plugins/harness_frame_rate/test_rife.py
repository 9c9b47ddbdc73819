"""RIFE restores what the release does with its weights; without them it says so, and frames of LR times stay."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from harness.checks import check_sr_method, drifting_texture, require
from harness.checks.interpolator import check_interpolator
from harness.contracts import Interpolator
from harness.errors import WeightsError, WeightsMissingError
from harness.planning.benchmark import load_benchmark
from harness.planning.plan import method_part
from harness.registry import load_registry
from harness.running.build import build_method, count_parameters
from harness.specs import SRMethodSpec
from harness.video.frames import open_video, round_to_8_bits, to_tensor
from harness.weights.catalogue import installed_path
from harness.weights.loading import save_state
from harness_frame_rate.fillers import Blend, Hold
from harness_frame_rate.ifnet import FAR, IFNet, state_of_release
from harness_frame_rate.rife import Rife, build

CPU = torch.device("cpu")


@pytest.fixture
def weights(pulled: None) -> Path:
    (declared,) = load_registry().get(SRMethodSpec, "rife").weights
    try:
        return installed_path(declared, "rife")
    except WeightsMissingError:
        pytest.skip("RIFE's weights are not installed: harness weights pull rife")


def psnr(filler: Interpolator, triplets: Sequence[Tensor]) -> float:
    """Of frames made half-way between the outer ones of triplets, mean in dB."""
    made = [round_to_8_bits(filler.upscale(triplet[[0, 2]], [0.5]))[0] for triplet in triplets]
    errors = torch.stack([mse_loss(own, triplet[1]) for own, triplet in zip(made, triplets, strict=True)])
    return float((-10 * torch.log10(errors)).mean())


@pytest.mark.assets
def test_frames_between_are_those_of_the_release(weights: Path, assets: Path) -> None:
    """The release's own code makes 31.85 dB of these ten triplets, frames 30, 32 and 34 of a clip a class."""
    folders = sorted(path for path in (assets / "ucf101-subset").iterdir() if path.is_dir())[:10]
    clips = [min(folder.glob("*.avi")) for folder in folders]
    triplets = [to_tensor(open_video(clip).read(30, 35)[::2]) for clip in clips]
    made = psnr(build(scale=1, device=CPU, weights=weights), triplets)
    assert made == pytest.approx(31.854, abs=0.01)
    assert psnr(Blend(scale=1, device=CPU), triplets) == pytest.approx(29.36, abs=0.01)
    assert psnr(Hold(scale=1, device=CPU), triplets) == pytest.approx(27.26, abs=0.01)


def test_what_drifts_is_made_where_it_is_at_any_moment(weights: Path) -> None:
    clip = drifting_texture(5, 64, 96, right=2, down=0)
    filler = build(scale=1, device=CPU, weights=weights)
    made = filler.upscale(clip[::4], [0.25, 0.5, 0.75])
    errors = (made - clip[1:4])[..., 16:-16].abs().mean(dim=(1, 2, 3))
    mixed = (Blend(scale=1, device=CPU).upscale(clip[::4], [0.25, 0.5, 0.75]) - clip[1:4])[..., 16:-16]
    assert bool((errors < 0.25 * mixed.abs().mean(dim=(1, 2, 3))).all())


def test_it_keeps_the_contract(weights: Path) -> None:
    filler = build(scale=1, device=CPU, weights=weights)
    require([*check_sr_method(filler, scale=1), *check_interpolator(filler, scale=1)])
    assert count_parameters(filler) == 5_160_980


def test_a_pair_that_moves_far_is_looked_at_at_half_the_size() -> None:
    network = IFNet().eval()
    torch.nn.init.constant_(network.block1.lastconv.bias, FAR)  # type: ignore[union-attr, arg-type]
    coarse: list[int] = []
    for block in network.children():
        block.register_forward_pre_hook(lambda _, given: coarse.append(given[2]))
    lr = torch.rand(2, 3, 20, 24, generator=torch.Generator().manual_seed(0))
    assert Rife(network, device=CPU).upscale(lr, [0.0, 0.5]).shape == (2, 3, 20, 24)
    assert coarse == [8, 4, 16, 8, 4, 2]


def test_only_what_restoring_takes_is_installed_of_the_release(tmp_path: Path) -> None:
    state = IFNet().state_dict()
    others = {"block_tea.conv0.0.0.weight": torch.zeros(1), "unet.down0.conv1.0.weight": torch.zeros(1)}
    torch.save({f"module.{key}": value for key, value in {**state, **others}.items()}, tmp_path / "flownet.pkl")
    assert state_of_release(tmp_path / "flownet.pkl").keys() == state.keys()
    save_state(tmp_path / "other.safetensors", others, {})
    with pytest.raises(WeightsError, match=r"not a checkpoint of RIFE 4: it has no block0\.\*"):
        state_of_release(tmp_path / "other.safetensors")


def test_without_weights_its_cells_say_how_to_get_them() -> None:
    part = method_part("bicubic|rife", load_registry(), load_benchmark("mini-2-half-rate"))
    assert part.missing is not None and "harness weights pull rife" in part.missing


def test_it_follows_a_method(weights: Path) -> None:
    part = method_part("bicubic|rife", load_registry(), load_benchmark("mini-2-half-rate"))
    lr = drifting_texture(3, 12, 16, right=1, down=0)
    made = build_method(part, 4, CPU).upscale(lr, [0.0, 0.5, 2.0])  # type: ignore[list-item]
    assert made.shape == (3, 3, 48, 64) and bool(made.isfinite().all())
