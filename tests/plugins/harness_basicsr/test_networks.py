"""Published sizes, the factories, and public checkpoints on a real clip."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness.errors import WeightsError, WeightsMissingError
from harness.frames import open_video, round_to_8_bits, to_tensor, to_uint8
from harness.imresize import imresize
from harness.methods import FrameNetwork
from harness.weights import save_state
from harness_basicsr import networks
from harness_basicsr.networks import _network as build  # the bare networks, without weights
from harness_basicsr.vdsr_arch import VDSR

from basicsr.metrics import calculate_psnr  # isort: skip

CPU = torch.device("cpu")
NARROW: dict[str, dict[str, Any]] = {
    "vdsr": {"num_feat": 4, "num_layer": 3},
    "srresnet": {"num_feat": 8, "num_block": 1},
    "rcan": {"num_feat": 8, "num_group": 1, "num_block": 1, "squeeze_factor": 4},
    "esrgan": {"num_feat": 8, "num_block": 1, "num_grow_ch": 4},
}


def count(network: torch.nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(
    ("method", "options", "published"),
    [
        ("vdsr", {"num_feat": 64, "num_layer": 20, "bias": False}, 664_704),
        ("vdsr", {"num_feat": 64, "num_layer": 20, "bias": True}, 665_921),
        ("srresnet", {"num_feat": 64, "num_block": 16}, 1_517_571),
        ("rcan", {"num_feat": 64, "num_group": 10, "num_block": 20, "squeeze_factor": 16}, 15_592_355),
        ("esrgan", {"num_feat": 64, "num_block": 23, "num_grow_ch": 32}, 16_697_987),
    ],
)
def test_published_sizes(method: str, options: dict[str, Any], published: int) -> None:
    assert count(build(method, 4, **options)) == published


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[str, int], Path]:
    """Saves random weights of a narrow network."""

    def save(method: str, scale: int) -> Path:
        torch.manual_seed(0)
        path = tmp_path / f"{method}.safetensors"
        save_state(path, build(method, scale, **NARROW[method]).state_dict(), {})
        return path

    return save


@pytest.mark.parametrize(("method", "scale"), [("vdsr", 3), ("srresnet", 2), ("rcan", 4), ("esrgan", 4)])
def test_factories_restore_odd_sizes(saved: Callable[[str, int], Path], method: str, scale: int) -> None:
    built: FrameNetwork = getattr(networks, method)(
        scale=scale, device=CPU, weights=saved(method, scale), **NARROW[method]
    )
    lr = torch.rand(4, 3, 7, 11)
    restored = built.upscale(lr, [0, 2, 3])
    assert restored.shape == (3, 3, 7 * scale, 11 * scale)
    torch.testing.assert_close(restored[1:2], built.upscale(lr, [2]), atol=1e-5, rtol=0)
    assert count(built.network) == count(build(method, scale, **NARROW[method]))


def test_a_checkpoint_of_ones_own_goes_first(saved: Callable[[str, int], Path], tmp_path: Path) -> None:
    path = saved("srresnet", 4)
    method = networks.srresnet(
        scale=4, device=CPU, weights=tmp_path / "none", checkpoint=str(path), **NARROW["srresnet"]
    )
    assert count(method.network) > 0


def test_weights_that_are_missing_or_of_another_width(saved: Callable[[str, int], Path]) -> None:
    with pytest.raises(WeightsMissingError, match="checkpoint=FILE"):
        networks.srresnet(scale=4, device=CPU, weights=None)
    with pytest.raises(WeightsError, match="does not fit the network"):
        networks.srresnet(scale=4, device=CPU, weights=saved("srresnet", 4), num_feat=16, num_block=1)


def test_vdsr_adds_to_the_luma_and_leaves_chroma_bicubic(tmp_path: Path) -> None:
    network = VDSR(num_feat=4, num_layer=3)
    torch.nn.init.zeros_(network.output.weight)
    save_state(tmp_path / "zero.safetensors", network.state_dict(), {})
    method = networks.vdsr(scale=4, device=CPU, weights=tmp_path / "zero.safetensors", num_feat=4, num_layer=3)
    lr = torch.rand(2, 3, 6, 8)
    torch.testing.assert_close(method.upscale(lr, [0, 1]), imresize(lr, 4.0), atol=1e-5, rtol=0)


def psnr(restored: torch.Tensor, hr: torch.Tensor) -> float:
    pairs = zip(to_uint8(restored), to_uint8(hr), strict=True)
    return float(np.mean([calculate_psnr(a[..., ::-1], b[..., ::-1], 4, test_y_channel=True) for a, b in pairs]))


def real_frame(assets: Path, scale: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A piece of a real frame, 96x96, and its LR."""
    frame = open_video(assets / "videos" / "carphone_pristine.mp4").read(0, 1)
    hr = to_tensor(frame)[..., 24:120, 40:136]
    return hr, round_to_8_bits(imresize(hr, 1 / scale))


@pytest.mark.assets
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_public_vdsr_beats_bicubic_on_a_real_clip(assets: Path, scale: int) -> None:
    checkpoint = assets / "weights" / "vdsr-x234-twtygqyy.safetensors"
    method = networks.vdsr(scale=scale, device=CPU, weights=None, checkpoint=str(checkpoint))
    hr, lr = real_frame(assets, scale)
    assert psnr(method.upscale(lr, [0]), hr) > psnr(imresize(lr, float(scale)), hr) + 0.3


@pytest.mark.assets
def test_the_public_esrgan_generator_loads_and_looks_like_the_frame(assets: Path) -> None:
    checkpoint = assets / "weights" / "realesrgan-x4plus-rrdb-fp16.safetensors"
    method = networks.esrgan(scale=4, device=CPU, weights=checkpoint)
    assert count(method.network) == 16_697_987
    hr, lr = real_frame(assets, 4)
    floor = psnr(imresize(lr, 4.0), hr)
    assert floor - 6 < psnr(method.upscale(lr, [0]), hr) < floor + 1  # a perceptual method: sharp, below bicubic's PSNR
