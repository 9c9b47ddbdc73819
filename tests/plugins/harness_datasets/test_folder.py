from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from harness.errors import AnnotationError, ClipError, UsageError
from harness_datasets.folder import open_lowres, open_videos

Layout = Callable[..., Path]
CLASSES = {"classes.txt": "run\nsit down\n"}


def test_class_folders_without_splits_are_one_split(layout: Layout) -> None:
    root = layout({}, ["b/two.MP4", "b/notes.txt", "a/one #;[1].avi", ".git/x/y.avi"])
    dataset = open_videos(root=root)
    assert (dataset.splits, dataset.classes) == (("all",), ("a", "b"))
    clips = dataset.clips("all")
    assert [(clip.id, clip.label, clip.group) for clip in clips] == [
        ("a/one #;[1]", 0, clips[0].id),
        ("b/two", 1, "b/two"),
    ]


def test_class_folders_by_split(layout: Layout) -> None:
    dataset = open_lowres(root=layout({}, ["train/a/1.avi", "train/b/2.avi", "test/b/3.avi"]))
    assert (dataset.name, dataset.splits, dataset.classes) == ("lowres", ("test", "train"), ("a", "b"))
    assert [(clip.id, clip.label) for clip in dataset.clips("test")] == [("b/3", 1)]


def test_lists_of_videos(layout: Layout) -> None:
    lists = {"train.txt": "run/my clip.mp4 0\n", "val.txt": "sit/a.mp4 1\n\nrun/b.webm 0\n"}
    files = ["clips/run/my clip.mp4", "clips/sit/a.mp4", "clips/run/b.webm"]
    dataset = open_videos(root=layout({**CLASSES, **lists}, files), videos="clips")
    assert (dataset.splits, dataset.classes) == (("train", "val"), ("run", "sit down"))
    assert [(clip.id, clip.label) for clip in dataset.clips("train")] == [("run/my clip", 0)]
    assert [(clip.id, clip.path.name) for clip in dataset.clips("val")] == [("sit/a", "a.mp4"), ("run/b", "b.webm")]


def test_lists_of_raw_frames(layout: Layout) -> None:
    root = layout({**CLASSES, "val.txt": "run/a 3 0\nrun/b 4 0\n"}, ["run/a/info.txt", "run/b/info.txt"])
    for folder in "ab":
        for frame in range(1, 4):
            file = root / "run" / folder / f"img_{frame:05d}.png"
            cv2.imwrite(str(file), np.full((8, 10, 3), (0, 0, 50 * frame), np.uint8))
            cv2.imwrite(str(file.with_name(f"x_{frame:05d}.png")), np.zeros((8, 10), np.uint8))
    dataset = open_videos(root=root)
    first, second = dataset.clips("val")
    video = dataset.open(first)
    assert (video.size, video.num_frames) == ((8, 10), 3)
    assert video.read()[:, 4, 4].tolist() == [[50, 0, 0], [100, 0, 0], [150, 0, 0]]
    with pytest.raises(ClipError, match="annotated with 4 frames, but 3 are in"):
        dataset.open(second)
    (root / "run" / "a" / "img_00002.png").write_bytes(b"no image")
    with pytest.raises(ClipError, match=r"img_00002\.png is missing or not a readable picture"):
        dataset.open(first).read()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("run/a.mp4 2", r"val\.txt, line 1: label 2; labels run from 0 to 1"),
        ("run/a.mp4 -1", "line 1: label -1"),
        ("run/a.mp4", "line 1: .*a line is `path label`"),
        ("run/a.mp4 3 1", "line 1: .*only folders of images have"),
        ("../a.mp4 1", "line 1: path '../a.mp4' leaves the data folder"),
        ("~/a.mp4 1", "line 1: path '~/a.mp4' leaves"),
        ("out/a.mp4 1", "line 1: path 'out/a.mp4' leaves .* through a symbolic link"),
        ("run/b.mp4 1", r"1 of 1 clips have no file .*val\.txt, line 1"),
        ("run/a.mp4 1\nrun/a.mp4 1", "line 2: clip 'run/a' is listed twice"),
    ],
)
def test_faulty_lines_are_named(layout: Layout, tmp_path: Path, line: str, message: str) -> None:
    root = layout({**CLASSES, "val.txt": line}, ["run/a.mp4"])
    (tmp_path / "elsewhere").mkdir()
    (root / "out").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AnnotationError, match=message):
        open_videos(root=root).clips("val")


def test_a_class_folder_that_leads_outside_is_refused(layout: Layout, tmp_path: Path) -> None:
    root = layout({}, ["a/1.avi"])
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "2.avi").touch()
    (root / "b").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AnnotationError, match="through a symbolic link"):
        open_videos(root=root).clips("all")


def test_missing_folders_and_faulty_classes_are_named(layout: Layout, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"data set 'lowres': .*class folders .*HARNESS_DATA_LOWRES"):
        open_lowres()
    with pytest.raises(UsageError, match="no class folder in"):
        open_videos(root=tmp_path)
    root = layout({"val.txt": "a.mp4 0"})
    with pytest.raises(UsageError, match=r"has lists but no classes\.txt or label_map\.txt"):
        open_videos(root=root)
    (root / "label_map.txt").write_text("a\na\n")
    with pytest.raises(AnnotationError, match=r"label_map\.txt, line 2: class 'a' is listed twice"):
        open_videos(root=root).clips("val")
    with pytest.raises(UsageError, match=r"videos=none: .* is not a folder"):
        open_videos(root=root, videos="none")
