"""What BasicSR's pipeline is fed, through its own builders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness.clips import AnnotatedDataset
from harness.degrade import Bicubic
from harness.training.frame_cache import FrameCache, open_cache
from harness_basicsr import dataset

from basicsr.data import build_dataset  # isort: skip
from basicsr.utils.color_util import rgb2ycbcr  # isort: skip
from basicsr.utils.matlab_functions import imresize  # isort: skip


@pytest.fixture
def cache(made_clips: Callable[..., Path], tmp_path: Path) -> Path:
    clips = AnnotatedDataset(made_clips(classes=2, per_class=3), "made")
    return open_cache(
        tmp_path / "cache",
        clips,
        clips.clips("test"),
        Bicubic(4),
        key="k",
        frames_per_clip=2,
        validation_clips=1,
        seed=0,
    )


def patches(cache: Path, **changes: Any) -> Any:
    options = {"name": "t", "type": "HarnessPatches", "cache": str(cache), "luma": False, "patch": 6, "seed": 3}
    return build_dataset({**options, "first": 0, "batch_size_per_gpu": 3, **changes})


def test_patches_depend_on_seed_and_number_alone(cache: Path) -> None:
    fresh, resumed, other = patches(cache), patches(cache, first=2), patches(cache, seed=4)
    drawn = [fresh[0] for _ in range(4)]
    assert torch.equal(drawn[2]["gt"], resumed[17]["gt"])
    assert not torch.equal(drawn[2]["gt"], drawn[3]["gt"])
    assert not torch.equal(drawn[0]["gt"], other[0]["gt"])
    assert len(fresh) % 3 == 0


@pytest.mark.parametrize("luma", [False, True])
def test_low_and_high_patches_show_the_same_place(cache: Path, luma: bool) -> None:
    drawn = patches(cache, luma=luma)[0]
    low, high = drawn["lq"], drawn["gt"]
    assert high.shape == ((1, 24, 24) if luma else (3, 24, 24))
    inner = (..., slice(2, -2), slice(2, -2))  # where the patch's border does not matter
    again = Bicubic(4).degrade(high[None])[0]
    low = Bicubic(4).degrade(low[None])[0] if luma else low
    assert (again - low)[inner].abs().max() < (0.05 if luma else 0.51 / 255)
    assert high.std() > 0.05


def test_held_out_frames_are_luma_of_the_whole_frame(cache: Path) -> None:
    frames = build_dataset({"name": "v", "type": "HarnessFrames", "cache": str(cache), "luma": True})
    loaded = FrameCache.load(cache)
    lr, hr = loaded.pair(loaded.indices("validate")[0])
    expected = rgb2ycbcr(hr.astype(np.float32) / 255, y_only=True)
    np.testing.assert_allclose(frames[0]["gt"][0], expected, atol=1e-5)
    enlarged = imresize(lr.astype(np.float32) / 255, 4)
    np.testing.assert_allclose(frames[0]["lq"][0], rgb2ycbcr(enlarged, y_only=True), atol=1e-5)
    assert len(frames) == 1
    assert dataset.HarnessFrames.__name__ == type(frames).__name__
