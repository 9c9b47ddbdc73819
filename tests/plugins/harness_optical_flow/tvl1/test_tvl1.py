"""TV-L1 in torch against OpenCV's, and each pair of a batch by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from harness.checks import check_flow, require
from harness.errors import UsageError
from harness.paths import package_path
from harness.video.frames import open_video
from harness.video.warp import warp
from harness_mini.dataset import EMBEDDED
from harness_optical_flow.pairs import grey
from harness_optical_flow.tvl1 import AT_ONCE, TvL1
from harness_optical_flow.tvl1_opencv import OpenCvTvL1

Pair = tuple[Tensor, Tensor]
MINI = package_path(EMBEDDED) / "test"


def scene(degrees: float, u: float, v: float, height: int = 60, width: int = 76) -> tuple[Pair, Tensor]:
    """A texture made of waves, turned about its middle and moved right and down in px exactly, and its flow."""
    y, x = np.mgrid[:height, :width].astype(np.float64)
    x, y = x - width / 2, y - height / 2
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    flow = np.stack([cos * x - sin * y + u - x, sin * x + cos * y + v - y])
    before = cos * (x - u) + sin * (y - v), -sin * (x - u) + cos * (y - v)
    return (waves(x, y), waves(*before)), torch.from_numpy(flow)[None].float()


def waves(x: np.ndarray, y: np.ndarray) -> Tensor:
    """Frame ``(1, 3, H, W)`` at these positions."""
    rng = np.random.default_rng(4)
    planes = np.zeros((3, *x.shape))
    for plane in planes:
        for _ in range(24):
            length, angle, phase = rng.uniform(6, 30), rng.uniform(0, 2 * np.pi), rng.uniform(0, 2 * np.pi)
            plane += np.sin(2 * np.pi / length * (np.cos(angle) * x + np.sin(angle) * y) + phase)
    return torch.from_numpy((planes / 12 + 0.5).clip(0, 1))[None].float()


def apart(a: Tensor, b: Tensor) -> float:
    """Mean end-point difference in pixels."""
    return float(torch.linalg.vector_norm(a - b, dim=1).mean())


def energy(first: Tensor, second: Tensor, flow: Tensor, lambda_: float = 0.15) -> float:
    """What TV-L1 makes small: total variation of the flow and lambda times the brightness difference, a pixel."""
    difference = warp(grey(second)[:, None], flow) - grey(first)[:, None]
    across = F.pad(flow, (0, 1, 0, 0), mode="replicate").diff(dim=-1)
    down = F.pad(flow, (0, 0, 0, 1), mode="replicate").diff(dim=-2)
    return float(torch.hypot(across, down).sum(1).mean() + lambda_ * difference.abs().mean())


def frames(path: Path, first: int, size: tuple[int, int] | None = None) -> Pair:
    clip = torch.from_numpy(open_video(path).read(first, first + 2)).permute(0, 3, 1, 2).float() / 255
    if size:
        clip = F.interpolate(clip, size=size, mode="bilinear", antialias=True).clamp(0, 1)
    return clip[:1], clip[1:]


def require_agreement(pairs: list[Pair]) -> None:
    """The flow is OpenCV's, and no worse a minimum.

    Energies are added up: where next to nothing moves, one grey level in one pixel changes OpenCV's by several percent.
    """
    mine = [TvL1().flow(*pair) for pair in pairs]
    opencv = [OpenCvTvL1(threads=1).flow(*pair) for pair in pairs]
    assert max(map(apart, mine, opencv)) <= 0.05
    energies = [sum(energy(*pair, flow) for pair, flow in zip(pairs, flows, strict=True)) for flows in (mine, opencv)]
    assert energies[0] <= 1.01 * energies[1]


def test_the_contract_is_kept() -> None:
    require(check_flow(TvL1(scales=3, warps=2)))


@pytest.mark.parametrize("variant", ["opencv", "cuda"])
@pytest.mark.parametrize("moved", [(0.0, 1.3, -0.6), (0.0, -3.2, 2.1), (3.0, 0.4, 0.0)])
def test_known_motion_is_found_as_well_as_by_opencv(variant: str, moved: tuple[float, float, float]) -> None:
    pair, truth = scene(*moved)
    mine, opencv = TvL1(variant=variant).flow(*pair), OpenCvTvL1(threads=1).flow(*pair)
    inner = (..., slice(6, -6), slice(6, -6))
    assert apart(mine[inner], truth[inner]) <= apart(opencv[inner], truth[inner]) * 1.02 + 0.002
    assert variant == "cuda" or energy(*pair, mine) <= 1.01 * energy(*pair, opencv)


def test_flow_of_shipped_clips_is_opencvs() -> None:
    require_agreement([frames(MINI / f"{clip}_test_0000.mp4", 12) for clip in ("backflip", "jump")])


@pytest.mark.assets
def test_flow_of_real_clips_is_opencvs(assets: Path) -> None:
    clips = [assets / "videos" / name for name in ("bikes.mp4", "carphone_pristine.mp4")]
    clips += [assets / "ucf101-subset" / name / f"v_{name}_g01_c01.avi" for name in ("PushUps", "BalanceBeam")]
    require_agreement([frames(clip, 20, size=(112, 112)) for clip in clips])


@pytest.mark.parametrize(
    "options",
    [
        {"tau": 0.1},
        {"lambda_": 0.02},
        {"theta": 0.1},
        {"scales": 2},
        {"warps": 1},
        {"epsilon": 0.2},
        {"inner_iterations": 3},
        {"outer_iterations": 2},
        {"scale_step": 0.5},
        {"gamma": 0.5},
        {"median_filtering": 1},
        {"median_filtering": 3},
    ],
)
def test_every_option_does_what_it_does_in_opencv(options: dict[str, float], turning: tuple[Pair, Tensor]) -> None:
    pair, default = turning
    mine = TvL1(**options).flow(*pair)  # type: ignore[arg-type]
    assert apart(mine, OpenCvTvL1(threads=1, **options).flow(*pair)) <= 0.05  # type: ignore[arg-type]
    assert not torch.equal(mine, default)


@pytest.fixture(scope="module")
def turning() -> tuple[Pair, Tensor]:
    """A pair of frames, and its flow with the default options."""
    pair, _ = scene(2.0, 1.3, 0.7, 40, 50)
    return pair, TvL1().flow(*pair)


@pytest.mark.parametrize("variant", ["opencv", "cuda"])
def test_a_pair_does_not_depend_on_its_batch(variant: str) -> None:
    """One pair stands still and ends at once, others move by more and more and end late."""
    pairs = [scene(0.0, 0.9 * i, -0.4 * i, 44, 50)[0] for i in range(5)]
    first, second = (torch.cat(x) for x in zip(*pairs, strict=True))
    estimator = TvL1(variant=variant, scales=3, warps=3)
    together = estimator.flow(first, second)
    for i in range(5):
        alone = estimator.flow(first[i : i + 1], second[i : i + 1])
        assert float((alone - together[i : i + 1]).abs().max()) <= 1e-4
    assert torch.equal(estimator.flow(first.flip(0), second.flip(0)), together.flip(0))


def test_many_pairs_are_split_into_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (x.repeat(3, 1, 1, 1) for x in scene(0.0, 1.0, 0.0, 20, 24)[0])
    estimator = TvL1(warps=1)
    expected = estimator.flow(first, second)
    monkeypatch.setitem(AT_ONCE, "cpu", 2 * 20 * 24)
    assert torch.allclose(estimator.flow(first, second), expected, atol=1e-4)


def test_no_pair_gives_no_flow() -> None:
    nothing = torch.zeros(0, 3, 20, 30)
    assert TvL1().flow(nothing, nothing).shape == (0, 2, 20, 30)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"variant": "gpu"}, "variant=gpu: must be opencv or cuda"),
        ({"theta": 0.0}, "theta=0: must be positive"),
        ({"scales": 0}, "scales=0: must be at least 1"),
        ({"scale_step": 1.0}, "scale_step=1: must be between 0 and 1"),
        ({"median_filtering": 7}, r"median_filtering=7: must be one of"),
        ({"variant": "cuda", "median_filtering": 3}, "variant=cuda has no median filter"),
    ],
)
def test_options_without_a_meaning_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=f"^tvl1: .*{message}"):
        TvL1(**options)  # type: ignore[arg-type]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("variant", ["opencv", "cuda"])
def test_a_gpu_finds_the_same_flow(variant: str) -> None:
    (first, second), _ = scene(1.0, 1.3, -0.6)
    found = TvL1(variant=variant).flow(first.cuda(), second.cuda())
    assert found.is_cuda and apart(found.cpu(), TvL1(variant=variant).flow(first, second)) < 0.01
