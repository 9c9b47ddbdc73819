"""Published sizes, the factories, the contract of every network, and public checkpoints on a real clip."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness.checks import check_sr_method
from harness.errors import UnknownNameError, WeightsError, WeightsMissingError
from harness.methods import FrameNetwork
from harness.video.frames import open_video, round_to_8_bits, to_tensor, to_uint8
from harness.video.imresize import imresize
from harness.weights.loading import save_state
from harness_basicsr import networks
from harness_basicsr.declared.architectures import ARCHITECTURES, VIEWS, arguments_of
from harness_basicsr.networks import registered
from harness_basicsr.networks.vdsr_arch import VDSR

from basicsr.metrics import calculate_psnr  # isort: skip

CPU = torch.device("cpu")
NARROW: dict[str, dict[str, Any]] = {
    "vdsr": {"num_feat": 4, "num_layer": 3},
    "srresnet": {"num_feat": 8, "num_block": 1},
    "srgan": {"num_feat": 4, "num_block": 1},
    "rcan": {"num_feat": 8, "num_group": 1, "num_block": 1, "squeeze_factor": 4},
    "edsr": {"num_feat": 8, "num_block": 1},
    "esrgan": {"num_feat": 8, "num_block": 1, "num_grow_ch": 4},
    "realesrgan": {"num_feat": 8, "num_block": 1, "num_grow_ch": 4},
    "realsr": {"num_feat": 8, "num_block": 1, "num_grow_ch": 4},
    "realesr-compact": {"num_feat": 8, "num_conv": 1},
    "span": {"num_feat": 4},
    "swinir": {"embed_dim": 8, "depths": "1/1", "num_heads": "2/2"},
    "duf16": {"num_feat": 4, "num_grow_ch": 4, "num_hidden": 4},
    "duf28": {"num_feat": 4, "num_grow_ch": 2, "num_hidden": 4},
    "duf52": {"num_feat": 4, "num_grow_ch": 2, "num_hidden": 4},
    "spmc": {"num_feat": 4, "num_motion": 4},
    "toflow": {},
    "edvr": {"num_feat": 8, "deformable_groups": 2, "num_extract_block": 1, "num_reconstruct_block": 1},
    "basicvsr": {"num_feat": 4, "num_block": 1},
    "dflow": {"num_feat": 8, "num_block": 1},
    "tpsr": {"num_feat": 4, "num_block": 1, "num_refine": 2},
    "svsrnet": {"num_feat": 8, "deformable_groups": 2, "num_extract_block": 1, "num_reconstruct_block": 1},
    "iconvsr": {"num_feat": 8, "num_block": 1},
    "basicvsrpp": {"mid_channels": 16, "num_blocks": 1},
}
PUBLISHED = {
    "vdsr": 664_704,
    "srresnet": 1_517_571,
    "rcan": 15_592_355,
    "edsr": 43_089_923,
    "esrgan": 16_697_987,
    "realesrgan": 16_697_987,
    "span": 426_288,
    "swinir": 11_900_199,
    "duf16": 1_900_640,
    "duf28": 2_118_432,
    "duf52": 5_821_952,
    "toflow": 1_405_899,
    "edvr": 20_633_827,
    "basicvsr": 6_291_311,
    "dflow": 2_950_667,
    "tpsr": 1_290_483,
    "svsrnet": 3_564_958,
    "iconvsr": 8_694_991,
    "basicvsrpp": 7_322_927,
}
COSTLY = ("duf52", "toflow", "basicvsr", "iconvsr", "basicvsrpp")
"""Deep, or with a flow network of fixed size."""
LEARNT = {"likeness", "range"}
"""Checks that random weights need not pass."""


def create(method: str, scale: int, **options: Any) -> torch.nn.Module:
    return registered.create(arguments_of(method, scale, options))


def count(network: torch.nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize("method", PUBLISHED)
def test_published_sizes(method: str) -> None:
    with torch.device("cpu" if method == "swinir" else "meta"):  # counted, not filled, unless it reads values
        assert count(create(method, 4)) == PUBLISHED[method]


@pytest.mark.parametrize(
    ("method", "options", "size"),
    [
        ("vdsr", {"bias": True}, 665_921),
        ("rcan", {"num_block": 16}, 12_614_915),
        ("edsr", {"num_feat": 64, "num_block": 16}, 1_517_571),
        ("realesr-compact", {}, 1_213_296),
    ],
)
def test_other_sizes(method: str, options: dict[str, Any], size: int) -> None:
    assert count(create(method, 4, **options)) == size


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[str, int], Path]:
    """Saves random weights of a narrow network."""

    def save(method: str, scale: int) -> Path:
        torch.manual_seed(0)
        path = tmp_path / f"{method}.safetensors"
        save_state(path, create(method, scale, **NARROW[method]).state_dict(), {})
        return path

    return save


def test_every_architecture_is_tried() -> None:
    assert set(NARROW) == set(ARCHITECTURES)
    assert {entry.view for entry in ARCHITECTURES.values()} == set(VIEWS) == set(networks.WRAPPERS)


@pytest.mark.parametrize("method", [pytest.param(m, marks=[pytest.mark.slow] if m in COSTLY else []) for m in NARROW])
def test_the_contract_is_kept(saved: Callable[[str, int], Path], method: str) -> None:
    built: FrameNetwork = getattr(networks, method)(scale=4, device=CPU, weights=saved(method, 4), **NARROW[method])
    checks = check_sr_method(built, scale=4)
    assert len(checks) == 12
    assert [(check.name, check.detail) for check in checks if not check.ok and check.name not in LEARNT] == []
    assert count(built.network) == count(create(method, 4, **NARROW[method]))


@pytest.mark.parametrize("method", COSTLY)
def test_a_still_of_an_odd_size_is_restored(saved: Callable[[str, int], Path], method: str) -> None:
    built = networks.build(arch=method, scale=4, device=CPU, weights=saved(method, 4), **NARROW[method])
    restored = built.upscale(torch.rand(1, 3, 17, 23), [0])
    assert restored.shape == (1, 3, 68, 92) and bool(torch.isfinite(restored).all())


@pytest.mark.parametrize(("method", "scale"), [("vdsr", 3), ("srresnet", 2), ("srgan", 3), ("duf16", 3), ("spmc", 2)])
def test_other_scales_and_odd_sizes_are_restored(saved: Callable[[str, int], Path], method: str, scale: int) -> None:
    built = networks.build(arch=method, scale=scale, device=CPU, weights=saved(method, scale), **NARROW[method])
    lr = torch.rand(4, 3, 7, 11)
    restored = built.upscale(lr, [0, 2, 3])
    assert restored.shape == (3, 3, 7 * scale, 11 * scale)
    torch.testing.assert_close(restored[1:2], built.upscale(lr, [2]), atol=1e-5, rtol=0)


@torch.no_grad()
def test_duf_may_see_black_frames_beyond_the_ends_as_its_authors_test(saved: Callable[[str, int], Path]) -> None:
    options: dict[str, Any] = {"scale": 4, "device": CPU, "weights": saved("duf16", 4), **NARROW["duf16"]}
    repeated, black = networks.duf16(**options), networks.duf16(**options, black_ends=True)
    lr = torch.rand(8, 3, 8, 8)
    padded = torch.nn.functional.pad(lr, (0, 0, 0, 0, 0, 0, 3, 3))
    expected = torch.cat([black.network(padded[None, frame : frame + 7]) for frame in range(8)])
    found = black.upscale(lr, range(8))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    difference = (found - repeated.upscale(lr, range(8))).abs().amax(dim=(1, 2, 3))
    assert difference[[0, 7]].min() > 1e-4 and difference[3:5].max() < 1e-6
    torch.testing.assert_close(black.upscale(lr[:4], [0]), found[:1], atol=1e-5, rtol=0)


def test_the_users_checkpoint_overrides_the_weights(saved: Callable[[str, int], Path], tmp_path: Path) -> None:
    path = saved("srresnet", 4)
    method = networks.build(
        arch="srresnet", scale=4, device=CPU, weights=tmp_path / "none", checkpoint=str(path), **NARROW["srresnet"]
    )
    assert count(method.network) > 0


@pytest.mark.parametrize("wrapper", ["params", "params_ema", None])
def test_checkpoints_of_basicsr_and_half_precision_load(tmp_path: Path, wrapper: str | None) -> None:
    network = create("esrgan", 4, **NARROW["esrgan"])
    state = {key: value.half() for key, value in network.state_dict().items()}
    torch.save({wrapper: state} if wrapper else state, tmp_path / "net_g.pth")
    method = networks.build(arch="esrgan", scale=4, device=CPU, weights=tmp_path / "net_g.pth", **NARROW["esrgan"])
    for key, value in method.network.state_dict().items():
        assert value.dtype == torch.float32
        torch.testing.assert_close(value, state[key].float(), atol=0, rtol=0)


def test_missing_weights_and_those_of_another_width_are_refused(saved: Callable[[str, int], Path]) -> None:
    with pytest.raises(WeightsMissingError, match="checkpoint=FILE"):
        networks.build(arch="srresnet", scale=4, device=CPU, weights=None)
    with pytest.raises(WeightsError, match="does not fit the network"):
        networks.build(arch="srresnet", scale=4, device=CPU, weights=saved("srresnet", 4), num_feat=16, num_block=1)


def test_errors_suggest_names_close_to_unknown_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'duf16'"):
        networks.build(arch="duf61", scale=4, device=CPU, weights=tmp_path)
    with pytest.raises(UnknownNameError, match=r"option of VDSR 'num_layers'\. Did you mean 'num_layer'"):
        networks.build(arch="vdsr", scale=4, device=CPU, weights=tmp_path, num_layers=3)
    with pytest.raises(AttributeError, match="no attribute 'duf61'"):
        networks.duf61  # noqa: B018


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
@pytest.mark.parametrize("name", ["esrgan", "realesrgan"])
def test_the_public_esrgan_generator_loads_and_looks_like_the_frame(assets: Path, name: str) -> None:
    checkpoint = assets / "weights" / "realesrgan-x4plus-rrdb-fp16.safetensors"
    method = networks.build(arch=name, scale=4, device=CPU, weights=checkpoint)
    assert count(method.network) == 16_697_987
    hr, lr = real_frame(assets, 4)
    floor = psnr(imresize(lr, 4.0), hr)
    assert floor - 6 < psnr(method.upscale(lr, [0]), hr) < floor + 1  # a perceptual method: sharp, below bicubic's PSNR
