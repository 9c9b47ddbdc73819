"""A folder of videos and of folders of frames as a data set."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from harness.datasets.digests import split_digest
from harness.datasets.video_folder import UnreadableVideoWarning, VideoFolder
from harness.errors import ClipError, UsageError
from harness.training import frame_cache
from harness.training.frame_cache import FrameCache, Frames, Window
from harness.video.degrade import Bicubic
from harness.video.frames import open_video, to_tensor


@pytest.fixture
def folder(made_clips: Callable[..., Path], tmp_path: Path) -> Path:
    """Three videos, one deep in the folder, and twelve frames as pictures."""
    made = made_clips(classes=1, per_class=3)
    folder = tmp_path / "own"
    (folder / "deep" / "down").mkdir(parents=True)
    for number, place in enumerate(("a.mp4", "b.MP4", "deep/down/c.mp4")):
        shutil.copy(made / "test" / f"clip_{number}.mp4", folder / place)
    (folder / "deep" / "000").mkdir()
    for number in range(12):
        cv2.imwrite(str(folder / "deep" / "000" / f"{number}.png"), np.full((32, 40, 3), (0, 0, 10 * number), np.uint8))
    return folder


def test_every_video_is_a_group_of_its_own(folder: Path) -> None:
    clips = VideoFolder(folder).clips("all")
    assert [clip.id for clip in clips] == ["a.mp4", "b.MP4", "deep/000", "deep/down/c.mp4"]
    assert len({clip.group for clip in clips}) == 4 and {clip.label for clip in clips} == {0}


def test_frames_are_those_of_the_file_in_numeric_order(folder: Path) -> None:
    dataset = VideoFolder(folder)
    video, pictures = (dataset.open(dataset.clips("all")[index]) for index in (0, 2))
    whole = open_video(folder / "a.mp4").read()
    assert np.array_equal(video.pick([5, 1, 5]), whole[[5, 1, 5]])
    assert np.array_equal(video.read(2, 4), whole[2:4])
    assert pictures.read()[3:12][:, 0, 0, 0].tolist() == [10 * n for n in range(3, 12)]
    assert pictures.pick([11, 3])[:, 0, 0, 0].tolist() == [110, 30]
    with pytest.raises(ClipError, match="frame 12 was asked for"):
        pictures.pick([12])


def test_names_are_in_the_order_in_which_people_count(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "counted").mkdir()
    names = ["1.mp4", "2.mp4", "10.mp4", "clip-9.mp4", "clip-10.mp4", "clip-010.mp4", "clip²-1.mp4", "clip²-12.mp4"]
    for name in names:
        shutil.copy(folder / "a.mp4", tmp_path / "counted" / name)
    ids = [clip.id for clip in VideoFolder(tmp_path / "counted").clips("all")]
    assert set(ids) == set(names)
    assert [name for name in ids if "²" not in name] == [
        "1.mp4", "2.mp4", "10.mp4", "clip-9.mp4", "clip-010.mp4", "clip-10.mp4",
    ]  # fmt: skip


@pytest.mark.parametrize("portion", [1, 1 << 26])
def test_a_cache_built_in_portions_is_the_same(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, portion: int
) -> None:
    monkeypatch.setattr(frame_cache, "PORTION_PIXELS", portion)
    cache = own_cache(folder, tmp_path)
    for index, entry in enumerate(cache.entries):
        dataset = VideoFolder(folder)
        clip = next(clip for clip in dataset.clips("all") if clip.id == entry.clip)
        whole, item, t = dataset.open(clip).read(), cache.item(index), entry.frame
        np.testing.assert_array_equal(item.hr, whole[t : t + 2])
        low = Bicubic(4).degrade(to_tensor(whole[[max(t - 1, 0), t, t + 1, min(t + 2, len(whole) - 1)]]))
        np.testing.assert_allclose(item.lr, low.permute(0, 2, 3, 1) * 255, atol=0.501)


def own_cache(folder: Path, root: Path) -> FrameCache:
    dataset = VideoFolder(folder)
    frames = Frames(
        dataset, dataset.clips("all"), Bicubic(scale=4), key="bicubic", frames_per_clip=2,
        validation_clips=1, seed=0, window=Window(before=1, after=1, targets=2),
    )  # fmt: skip
    return FrameCache.load(frames.cache(root / "cache", bound=1e9))


def test_changed_pictures_get_another_digest(folder: Path) -> None:
    before = split_digest(VideoFolder(folder).clips("all"))
    cv2.imwrite(str(folder / "deep" / "000" / "7.png"), np.full((32, 40, 3), 200, np.uint8))
    assert split_digest(VideoFolder(folder).clips("all")) != before


def test_what_systems_leave_is_passed_over_and_links_in_a_circle_end(folder: Path) -> None:
    before = [clip.id for clip in VideoFolder(folder).clips("all")]
    for name in ("._a.mp4", "deep/000/._1.png", "__MACOSX/own/._a.mp4", ".ipynb_checkpoints/a.mp4", "Thumbs.db"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"no video")
    (folder / "deep" / "up").symlink_to(folder)
    assert [clip.id for clip in VideoFolder(folder).clips("all")] == before


@pytest.mark.skipif(sys.platform == "darwin", reason="names are UTF-8 there")
def test_a_name_that_is_not_utf_8_is_left_out_with_its_bytes_shown(folder: Path) -> None:
    shutil.copy(folder / "a.mp4", os.fsencode(folder) + b"/caf\xe9.mp4")
    with pytest.warns(UnreadableVideoWarning, match=r"1 of 5 .*\n.*caf\\xe9\.mp4: its name is not UTF-8; rename it"):
        assert len(VideoFolder(folder).clips("all")) == 4


def test_unreadable_videos_are_left_out_with_a_warning(folder: Path, tmp_path: Path) -> None:
    (folder / "broken.avi").write_bytes(b"no video")
    (folder / "empty.mkv").write_bytes(b"")
    with pytest.warns(UnreadableVideoWarning, match=r"2 of 6 videos cannot be read(?s:.)*empty\.mkv"):
        assert len(VideoFolder(folder).clips("all")) == 4
    for name, message in (("none", "no video in it"), ("bad", "none of 1 can be read")):
        (tmp_path / name).mkdir()
        if name == "bad":
            (tmp_path / name / "x.mp4").write_bytes(b"")
        with pytest.raises(UsageError, match=message):
            VideoFolder(tmp_path / name).clips("all")
    with pytest.raises(UsageError, match="no such folder"):
        VideoFolder(tmp_path / "missing").clips("all")


def test_frames_of_two_sizes_are_refused(folder: Path) -> None:
    cv2.imwrite(str(folder / "deep" / "000" / "5.png"), np.zeros((16, 16, 3), np.uint8))
    dataset = VideoFolder(folder)
    with pytest.raises(ClipError, match=r"5\.png: a frame of 16x16 in a video of 40x32"):
        dataset.open(dataset.clips("all")[2]).read()
