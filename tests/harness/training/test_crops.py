"""Crops with the most motion, by a direct search."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from harness.datasets.annotated import AnnotatedDataset
from harness.errors import UsageError
from harness.training.crops import Selection, select_crops
from harness.training.frame_cache import FrameCache, Frames, Window
from harness.video.degrade import Bicubic
from harness_optical_flow.dis import Dis

SELECTION = Selection(size=24, stride=8, keep=3, warp_filter=True)


@pytest.fixture
def cache(made_clips: Callable[..., Path], tmp_path: Path) -> FrameCache:
    return opened(made_clips, tmp_path, Window(targets=2, flow=True))


def opened(made_clips: Callable[..., Path], tmp_path: Path, window: Window) -> FrameCache:
    clips = AnnotatedDataset(made_clips(classes=2, per_class=3, height=40, width=48), "made")
    frames = Frames(
        clips, clips.clips("test"), Bicubic(4), key="k", frames_per_clip=2, validation_clips=1,
        seed=0, window=window, flow=Dis(device=torch.device("cpu")) if window.flow else None,
    )  # fmt: skip
    return FrameCache.load(frames.cache(tmp_path / "cache", bound=1e9))


def psnr_is_higher(first: np.ndarray, second: np.ndarray, flow: np.ndarray, top: int, left: int) -> bool:
    ys, xs = np.mgrid[: flow.shape[1], : flow.shape[2]].astype(np.float32)
    warped = cv2.remap(second, xs + flow[0], ys + flow[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    where = (slice(top, top + 24), slice(left, left + 24))
    return bool(((first - warped)[where] ** 2).mean() < ((first - second)[where] ** 2).mean())


def test_of_the_most_moving_crops_those_that_the_flow_explains(cache: FrameCache) -> None:
    found = select_crops(cache, SELECTION)
    for index in cache.indices("train"):
        item = cache.item(index)
        assert item.flow is not None
        flow = item.flow[0].astype(np.float32)
        first, second = item.hr.astype(np.float32) / 255
        length = np.hypot(*flow)
        places = [(top, left) for top in range(0, 40 - 24 + 1, 8) for left in range(0, 48 - 24 + 1, 8)]
        places.sort(key=lambda p: -length[p[0] : p[0] + 24, p[1] : p[1] + 24].mean())
        kept = [list(place) for place in places[:3] if psnr_is_higher(first, second, flow, *place)]
        assert [place for i, *place in found if i == index] == kept


def test_without_the_filter_each_frame_gives_its_share(cache: FrameCache) -> None:
    found = select_crops(cache, Selection(size=24, stride=8, keep=3))
    assert len(found) == 3 * len(cache.indices("train"))


def test_a_selection_is_made_once(cache: FrameCache) -> None:
    select_crops(cache, SELECTION)
    (file,) = cache.folder.glob("crops-*.npy")
    np.save(file, np.array([[0, 8, 16]], dtype=np.int32))
    assert select_crops(cache, SELECTION) == [(0, 8, 16)]
    assert len(select_crops(cache, Selection(size=24, stride=8, keep=1))) == len(cache.indices("train"))


@pytest.mark.parametrize(
    ("window", "selection", "message"),
    [
        (Window(), SELECTION, "needs cached flow"),
        (Window(flow=True), SELECTION, "the warp filter needs pairs of frames"),
        (Window(flow=True), Selection(size=24, stride=6, keep=1), "stride must be a multiple of the scale"),
        (Window(flow=True), Selection(size=48, stride=8, keep=1), "crops of 48 pixels .* do not fit frames of 48x40"),
    ],
)
def test_selections_that_do_not_fit_the_cache_are_refused(
    made_clips: Callable[..., Path], tmp_path: Path, window: Window, selection: Selection, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        select_crops(opened(made_clips, tmp_path, window), selection)
