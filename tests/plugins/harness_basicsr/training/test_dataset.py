"""What BasicSR's pipeline is fed, through its own builders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness.datasets.annotated import AnnotatedDataset
from harness.training.frame_cache import FrameCache, Frames, Window
from harness.video.degrade import Bicubic
from harness.video.warp import warp
from harness_basicsr.training import dataset
from harness_basicsr.training.options import AHEAD
from harness_optical_flow.dis import Dis

from basicsr.data import build_dataloader, build_dataset  # isort: skip
from basicsr.utils.color_util import rgb2ycbcr  # isort: skip
from basicsr.utils.matlab_functions import imresize  # isort: skip

SHAPES = {
    ("frame", 0): ((3, 6, 6), (3, 24, 24)),
    ("enlarged-luma", 0): ((1, 24, 24), (1, 24, 24)),
    ("window", 2): ((5, 3, 6, 6), (3, 24, 24)),
    ("luma-window", 1): ((3, 1, 6, 6), (1, 24, 24)),
    ("enlarged-window", 3): ((7, 3, 24, 24), (3, 24, 24)),
}


def made_cache(made_clips: Callable[..., Path], root: Path, window: Window) -> Path:
    clips = AnnotatedDataset(made_clips(classes=2, per_class=3, height=40, width=48), "made")
    frames = Frames(
        clips, clips.clips("test"), Bicubic(4), key="k", frames_per_clip=2, validation_clips=1, seed=0,
        window=window, flow=Dis(device=torch.device("cpu")),
    )  # fmt: skip
    return frames.cache(root / "cache", bound=1e9)


@pytest.fixture
def cache(made_clips: Callable[..., Path], tmp_path: Path) -> Path:
    return made_cache(made_clips, tmp_path, Window(before=3, after=3, targets=2, flow=True))


def patches(cache: Path, **changes: Any) -> Any:
    options = {
        "name": "t", "type": "HarnessPatches", "cache": str(cache), "view": "frame", "radius": 0, "patch": 6, "seed": 3,
        "crops": None, "pairs": False, "motion_weight": False, "first": 0, "batch_size_per_gpu": 3,
    }  # fmt: skip
    return build_dataset({**options, **changes})


def test_patches_depend_on_seed_and_number_alone(cache: Path) -> None:
    fresh, resumed, other = patches(cache), patches(cache, first=2), patches(cache, seed=4)
    drawn = [fresh[0] for _ in range(4)]
    assert torch.equal(drawn[2]["gt"], resumed[17]["gt"])
    assert not torch.equal(drawn[2]["gt"], drawn[3]["gt"])
    assert not torch.equal(drawn[0]["gt"], other[0]["gt"])
    assert len(fresh) % 3 == 0


def test_processes_share_the_patches_out(cache: Path) -> None:
    alone = patches(cache)
    drawn = [alone[0]["gt"] for _ in range(4)]
    for rank in range(2):
        mine = patches(cache, rank=rank, world=2)
        assert torch.equal(mine[0]["gt"], drawn[rank])
        assert torch.equal(mine[0]["gt"], drawn[rank + 2])


@pytest.mark.parametrize(("view", "radius"), SHAPES)
@pytest.mark.parametrize("crops", [None, {"stride": 8, "keep": 2}])
@pytest.mark.parametrize("pairs", [False, True])
def test_low_and_high_patches_show_the_same_place(
    cache: Path, view: str, radius: int, crops: dict[str, int] | None, pairs: bool
) -> None:
    drawn = patches(cache, view=view, radius=radius, crops=crops, pairs=pairs)[0]
    low, high = drawn["lq"], drawn["gt"]
    assert (low.shape, high.shape) == tuple((2, *s) if pairs else s for s in SHAPES[view, radius])
    if view.endswith("window"):
        low = low.unbind(-4)[radius]
    inner = (..., slice(2, -2), slice(2, -2))  # where the patch's border does not matter
    again = Bicubic(4).degrade(high.reshape(-1, *high.shape[-3:])).reshape(*high.shape[:-2], 6, 6)
    enlarged = view.startswith("enlarged")
    low = Bicubic(4).degrade(low.reshape(-1, *low.shape[-3:])).reshape(again.shape) if enlarged else low
    assert (again - low)[inner].abs().max() < (0.08 if enlarged else 0.51 / 255)
    assert high.std() > 0.05


@pytest.mark.parametrize(("view", "radius"), [("enlarged-luma", 0), ("enlarged-window", 1)])
def test_patches_of_enlarged_frames_are_what_the_whole_frames_hold_there(cache: Path, view: str, radius: int) -> None:
    """They are cut out before they are enlarged, at the borders of frames too."""
    frames = dataset._CachedFrames({"cache": str(cache), "view": view, "radius": radius})
    drawing = patches(cache, view=view, radius=radius)
    whole = [
        frames.example(frames.cache.item(i), "", 1)["lq"].reshape(-1, 40, 48) for i in range(len(frames.cache.entries))
    ]
    for _ in range(3):
        low = drawing[0]["lq"].reshape(-1, 24, 24)
        turns = [torch.rot90(low.flip(-1) if mirrored else low, k, (-2, -1)) for mirrored in (0, 1) for k in range(4)]
        windows = [frame.unfold(-2, 24, 1).unfold(-2, 24, 1) for frame in whole]
        assert min((w - t[:, None, None]).abs().amax((0, 3, 4)).min() for w in windows for t in turns) < 1e-6


def test_batches_made_ahead_are_the_same(cache: Path) -> None:
    """As for a GPU."""
    loaders = [build_loader(patches(cache), extra) for extra in ({}, AHEAD)]
    plain, ahead = ([batch["gt"] for batch in loader] for loader in loaders)
    assert len(plain) > 1 and all(map(torch.equal, plain, ahead))


def build_loader(frames: Any, extra: Mapping[str, Any]) -> Any:
    options = {"phase": "train", "batch_size_per_gpu": 3, "num_worker_per_gpu": 0, "use_shuffle": True, **extra}
    return build_dataloader(frames, options, num_gpu=1, dist=False, sampler=None, seed=0)


def test_the_flow_of_a_pair_explains_its_patches(cache: Path) -> None:
    pairs = patches(cache, pairs=True, crops={"stride": 8, "keep": 1, "warp_filter": True})
    for example in (pairs[0] for _ in range(12)):
        first, second = example["gt"]
        warped = warp(second[None], example["flow"])[0]
        assert (warped - first).square().mean() < (second - first).square().mean()


def test_the_weight_is_the_length_of_the_flow(cache: Path) -> None:
    weighted, pairs = patches(cache, motion_weight=True), patches(cache, pairs=True)
    for _ in range(5):
        weight, flow = weighted[0]["weight"], pairs[0]["flow"][0]
        assert weight.shape == (1, 24, 24)
        torch.testing.assert_close(weight[0], torch.hypot(flow[0], flow[1]))
    assert "weight" not in patches(cache)[0]


def test_whole_clips_go_to_recurrent_networks(made_clips: Callable[..., Path], tmp_path: Path) -> None:
    cache = made_cache(made_clips, tmp_path, Window(targets=4))
    drawn = patches(cache, view="clip")[0]
    assert (drawn["lq"].shape, drawn["gt"].shape) == ((4, 3, 6, 6), (4, 3, 24, 24))
    again = Bicubic(4).degrade(drawn["gt"])
    assert (again - drawn["lq"])[..., 2:-2, 2:-2].abs().max() < 0.51 / 255


def test_a_network_that_makes_frames_between_is_shown_every_other_frame(
    made_clips: Callable[..., Path], tmp_path: Path
) -> None:
    cache = made_cache(made_clips, tmp_path, Window(targets=5))
    whole, doubled = (patches(cache, view=view)[0] for view in ("clip", "doubled-clip"))
    assert doubled["lq"].shape == (3, 3, 6, 6) and torch.equal(doubled["lq"], whole["lq"][::2])
    assert doubled["gt"].shape == (5, 3, 24, 24) and torch.equal(doubled["gt"], whole["gt"])


def test_held_out_frames_are_luma_of_the_whole_frame(cache: Path) -> None:
    frames = build_dataset(
        {"name": "v", "type": "HarnessFrames", "cache": str(cache), "view": "enlarged-luma", "radius": 0}
    )
    loaded = FrameCache.load(cache)
    lr, hr = loaded.pair(loaded.indices("validate")[0])
    expected = rgb2ycbcr(hr.astype(np.float32) / 255, y_only=True)
    np.testing.assert_allclose(frames[0]["gt"][0], expected, atol=1e-5)
    enlarged = imresize(lr.astype(np.float32) / 255, 4)
    np.testing.assert_allclose(frames[0]["lq"][0], rgb2ycbcr(enlarged, y_only=True), atol=1e-5)
    assert len(frames) == 1
    assert dataset.HarnessFrames.__name__ == type(frames).__name__
