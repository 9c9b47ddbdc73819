from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from harness.contracts import Clip
from harness.datasets.annotated import AnnotatedDataset
from harness.errors import ClipError, UsageError
from harness.training.cache import shortage
from harness.training.frame_cache import FrameCache, Frames, Window
from harness.video.degrade import Bicubic
from harness.video.frames import Video, open_video, write_video
from harness_optical_flow.dis import Dis

SETTING = {"key": "bicubic:scale=4", "frames_per_clip": 3, "validation_clips": 3, "seed": 0}


def opened(folder: Path, root: Path, **changes: object) -> Path:
    dataset = AnnotatedDataset(folder, "made")
    bound = changes.pop("bound", 1e9)
    frames = Frames(dataset, dataset.clips("test"), Bicubic(4), **{**SETTING, **changes})  # type: ignore[arg-type]
    return frames.cache(root, bound)  # type: ignore[arg-type]


def test_pairs_are_the_decoded_frames_and_their_degradation(made_clips: Callable[..., Path], tmp_path: Path) -> None:
    folder = made_clips(classes=3, per_class=3, frames=7, height=38, width=41)
    cache = FrameCache.load(opened(folder, tmp_path / "cache"))
    assert [len(cache.indices("train")), len(cache.indices("validate"))] == [3 * len(train_ids(cache)), 3]
    for index, entry in enumerate(cache.entries):
        lr, hr = cache.pair(index)
        decoded = open_video(folder / "test" / f"{entry.clip}.mp4").read()[entry.frame, :36, :40]
        np.testing.assert_array_equal(hr, decoded)
        low = Bicubic(4).degrade(torch.from_numpy(decoded).permute(2, 0, 1)[None] / 255)
        np.testing.assert_allclose(lr, low[0].permute(1, 2, 0) * 255, atol=0.501)
    assert [e.frame for e in cache.entries if e.clip == train_ids(cache)[0]] == [1, 3, 5]
    assert {e.frame for e in cache.entries if e.role == "validate"} == {3}


def train_ids(cache: FrameCache) -> list[str]:
    return sorted({entry.clip for entry in cache.entries if entry.role == "train"})


def test_a_cache_is_filled_once_and_keyed_by_content(made_clips: Callable[..., Path], tmp_path: Path) -> None:
    folder = made_clips(classes=2, per_class=3)
    first = opened(folder, tmp_path / "cache", validation_clips=1)
    stamp = (first / "hr.bin").stat().st_mtime_ns
    assert opened(folder, tmp_path / "cache", validation_clips=1) == first
    assert (first / "hr.bin").stat().st_mtime_ns == stamp
    others = [
        opened(folder, tmp_path / "cache", **{"validation_clips": 1, k: v}) for k, v in (("seed", 5), ("key", "x"))
    ]
    assert len({first, *others}) == 3


def test_nothing_is_left_of_a_cache_that_failed(made_clips: Callable[..., Path], tmp_path: Path) -> None:
    class Broken(AnnotatedDataset):
        def open(self, clip: Clip) -> Video:
            raise ClipError("cannot be read")

    dataset = Broken(made_clips(classes=2, per_class=3), "made")
    with pytest.raises(ClipError):
        frames = Frames(dataset, dataset.clips("test"), Bicubic(4), **{**SETTING, "validation_clips": 1})  # type: ignore[arg-type]
        frames.cache(tmp_path / "cache", 1e9)
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("targets", [2, 3])
def test_a_window_keeps_windows_targets_and_the_flow_between_them(
    made_clips: Callable[..., Path], tmp_path: Path, targets: int
) -> None:
    folder = made_clips(classes=2, per_class=3, frames=7, height=38, width=41)
    flow = Dis(device=torch.device("cpu"))
    window = Window(before=2, after=2 - targets % 2, targets=targets, flow=True)
    cache = FrameCache.load(opened(folder, tmp_path / "cache", validation_clips=1, window=window, flow=flow))
    latest = max(e.frame for e in cache.entries if e.role == "train")
    assert latest <= 7 - targets  # all targets are in the clip
    for index, entry in enumerate(cache.entries):
        item, t = cache.item(index), entry.frame
        decoded = open_video(folder / "test" / f"{entry.clip}.mp4").read()[:, :36, :40]
        np.testing.assert_array_equal(item.hr, decoded[t : t + targets])
        around = decoded[[min(max(i, 0), 6) for i in range(t - 2, t + targets + window.after)]]
        low = Bicubic(4).degrade(torch.from_numpy(around).permute(0, 3, 1, 2) / 255)
        np.testing.assert_allclose(item.lr, low.permute(0, 2, 3, 1) * 255, atol=0.501)
        frames = torch.from_numpy(decoded[t : t + targets]).permute(0, 3, 1, 2) / 255
        np.testing.assert_allclose(item.flow, flow.flow(frames[:-1], frames[1:]), atol=0.02)
        lr, hr = cache.pair(index)
        np.testing.assert_array_equal(lr, item.lr[2])
        np.testing.assert_array_equal(hr, item.hr[0])


def test_clips_that_are_too_short_are_left_out(made_clips: Callable[..., Path], tmp_path: Path) -> None:
    folder = made_clips(classes=2, per_class=3, frames=4)
    with pytest.raises(UsageError, match="every clip is too short for this training"):
        opened(folder, tmp_path / "cache", validation_clips=1, window=Window(targets=7))


@pytest.mark.parametrize("share", [0.0, 0.4, 0.99])
def test_past_the_bound_entries_are_made_again_and_the_same(
    made_clips: Callable[..., Path], tmp_path: Path, share: float
) -> None:
    folder = made_clips(classes=2, per_class=3, frames=7, height=38, width=41)
    changes = {"validation_clips": 1, "window": Window(2, 1, 2, True), "flow": Dis(device=torch.device("cpu"))}
    whole = FrameCache.load(opened(folder, tmp_path / "whole", **changes))
    size = sum(file.stat().st_size for file in whole.folder.glob("*.bin"))
    cut = FrameCache.load(opened(folder, tmp_path / "cut", bound=share * size, **changes))
    kept = sum(file.stat().st_size for file in cut.folder.glob("*.bin"))
    assert kept <= share * size and cut.store.stored == int(share * len(whole.entries))
    assert cut.entries == whole.entries and cut.folder.name == whole.folder.name
    for index in range(len(whole.entries)):
        expected, found = whole.item(index), cut.item(index)
        for one, other in ((expected.lr, found.lr), (expected.hr, found.hr), (expected.flow, found.flow)):
            np.testing.assert_array_equal(one, other)
    assert "is full" in shortage(cut.store) and shortage(whole.store) == ""


def test_a_cache_that_was_cut_short_is_made_again_for_a_larger_bound(
    made_clips: Callable[..., Path], tmp_path: Path
) -> None:
    folder = made_clips(classes=2, per_class=3)
    cut = FrameCache.load(opened(folder, tmp_path, validation_clips=1, bound=1e4))
    assert 0 < cut.store.stored < len(cut.entries)
    stamp = (cut.folder / "index.json").stat().st_mtime_ns
    opened(folder, tmp_path, validation_clips=1, bound=5e3)
    assert (cut.folder / "index.json").stat().st_mtime_ns == stamp, "what is there serves a smaller bound"
    again = FrameCache.load(opened(folder, tmp_path, validation_clips=1))
    assert again.folder == cut.folder and again.store.stored == len(cut.entries)
    assert [path.name for path in tmp_path.glob(f"*{cut.folder.name}*")] == [cut.folder.name]


class TwoCameras(AnnotatedDataset):
    """Clips with the next clip as their second view."""

    def clips(self, split: str) -> Sequence[Clip]:
        found = list(super().clips(split))
        return [replace(own, second_view=other) for own, other in zip(found, found[1:] + found[:1], strict=True)]


def test_two_views_are_kept_one_behind_the_other_with_the_flow_of_the_pairs_that_are_named(
    made_clips: Callable[..., Path], tmp_path: Path
) -> None:
    folder, flow = made_clips(classes=2, per_class=3, frames=7, height=36, width=40), Dis(device=torch.device("cpu"))
    dataset = TwoCameras(folder, "made")
    window = Window(before=1, after=1, targets=2, flow=True, views=2, pairs=((1, 0), (1, 3)))
    setting = {**SETTING, "validation_clips": 1, "window": window, "flow": flow}
    frames = Frames(dataset, dataset.clips("test"), Bicubic(4), **setting)  # type: ignore[arg-type]
    cache = FrameCache.load(frames.cache(tmp_path / "cache", 1e9))
    seconds = {clip.id: clip.second_view for clip in dataset.clips("test")}
    for index, entry in enumerate(cache.entries):
        item, t, second = cache.item(index), entry.frame, seconds[entry.clip]
        assert second is not None and item.lr.shape == (8, 9, 10, 3)
        views = [open_video(folder / "test" / f"{name}.mp4").read() for name in (entry.clip, second.id)]
        np.testing.assert_array_equal(item.hr, np.concatenate([view[t : t + 2] for view in views]))
        around = np.concatenate([view[[min(max(i, 0), 6) for i in range(t - 1, t + 3)]] for view in views])
        low = Bicubic(4).degrade(torch.from_numpy(around).permute(0, 3, 1, 2) / 255)
        np.testing.assert_allclose(item.lr, low.permute(0, 2, 3, 1) * 255, atol=0.501)
        shown = torch.from_numpy(np.array(item.hr)).permute(0, 3, 1, 2) / 255
        np.testing.assert_allclose(item.flow, flow.flow(shown[[1, 1]], shown[[0, 3]]), atol=0.02)


def test_a_second_view_that_is_missing_or_of_another_length_is_named(
    made_clips: Callable[..., Path], tmp_path: Path
) -> None:
    dataset = TwoCameras(made_clips(classes=2, per_class=3), "made")
    first, *others = dataset.clips("test")

    def cached(clip: Clip) -> Path:
        setting = {**SETTING, "validation_clips": 1, "window": Window(views=2)}
        return Frames(dataset, [clip, *others], Bicubic(4), **setting).cache(tmp_path / "cache", 1e9)  # type: ignore[arg-type]

    with pytest.raises(UsageError, match=f"1 of 6 lack, such as '{first.id}'"):
        cached(replace(first, second_view=None))
    longer = replace(first, path=tmp_path / "longer.mp4")
    write_video(longer.path, np.zeros((9, 36, 40, 3), np.uint8), fps=25)
    with pytest.raises(ClipError, match="both must be alike"):
        cached(replace(first, second_view=longer))


def test_caches_of_one_view_keep_the_key_that_they_had() -> None:
    assert Window(3, 3, 2, True).facts() == {"before": 3, "after": 3, "targets": 2, "flow": True}
