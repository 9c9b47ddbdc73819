from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from harness.checks import require
from harness.checks.dataset import check_dataset
from harness.errors import AnnotationError, UnknownNameError, UsageError
from harness.video.frames import write_video
from harness_datasets.ucf101 import Ucf101, open_dataset

Layout = Callable[..., Path]
CLASSES = "1 ApplyEyeMakeup\r\n2 HandstandPushups\r\n"
TRAIN = "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1\r\nHandstandPushups/v_HandStandPushups_g09_c02.avi 2\r\n"
TEST = "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi\r\n"
FILES = [line.split()[0] for line in (TRAIN + TEST).splitlines()]
LISTS = {"classInd.txt": CLASSES, "trainlist01.txt": TRAIN, "testlist01.txt": TEST}


@pytest.mark.assets
def test_official_lists_have_their_published_sizes(assets: Path) -> None:
    dataset = Ucf101(assets / "ucf101-splits")
    counts = {split: len(dataset.entries(split)) for split in dataset.splits}
    assert counts == {"train1": 9537, "test1": 3783, "train2": 9586, "test2": 3734, "train3": 9624, "test3": 3696}
    assert len(dataset.classes) == 101 and dataset.classes[0] == "ApplyEyeMakeup" and dataset.classes[-1] == "YoYo"
    for number in "123":
        train, test = (dataset.entries(part + number) for part in ("train", "test"))
        assert not {clip.group for clip in train} & {clip.group for clip in test}
        assert not {clip.id for clip in train} & {clip.id for clip in test}
    assert len({clip.group for clip in dataset.entries("test1")}) == 101 * 7
    assert {clip.group for clip in test if "HandStand" in clip.id} >= {"HandstandPushups_g15"}


@pytest.mark.assets
def test_a_folder_with_fewer_classes_is_read(assets: Path) -> None:
    dataset = open_dataset(root=assets / "ucf101-subset")
    assert (len(dataset.classes), dataset.splits) == (11, ("train1", "test1"))
    require(check_dataset(dataset))
    assert set(Counter(clip.label for clip in dataset.clips("test1")).values()) == {14}
    clip = dataset.clips("train1")[0]
    assert dataset.open(clip).read(0, 2).shape == (2, 240, 320, 3)
    resized = open_dataset(root=assets / "ucf101-subset", size="192x256").open(clip)
    assert resized.size == (192, 256) and resized.read(0, 2).shape == (2, 192, 256, 3)


def test_only_some_classes_are_read_in_the_order_of_the_list(layout: Layout) -> None:
    whole = layout(LISTS, FILES)
    dataset = open_dataset(root=whole, only="HandstandPushups")
    assert dataset.classes == ("HandstandPushups",)
    assert [(clip.id, clip.label) for clip in dataset.clips("train1")] == [("v_HandStandPushups_g09_c02", 0)]
    assert open_dataset(root=whole, only="HandstandPushups/ApplyEyeMakeup").classes == open_dataset(root=whole).classes
    with pytest.raises(AnnotationError, match="test1: no clip in its list"):
        dataset.clips("test1")
    with pytest.raises(UnknownNameError, match="Did you mean 'HandstandPushups'"):
        open_dataset(root=whole, only="HandstandPushup").clips("train1")


@pytest.mark.parametrize(("middle", "levels"), [(3, [2, 3, 4]), (4, [1, 2, 3, 4]), (7, range(7)), (9, range(7))])
def test_a_clip_may_be_its_middle_frames(layout: Layout, middle: int, levels: Sequence[int]) -> None:
    root = layout(LISTS)
    file = root / "ApplyEyeMakeup" / "v_ApplyEyeMakeup_g01_c01.avi"
    file.parent.mkdir()
    write_video(file, np.stack([np.full((16, 16, 3), 30 * n, np.uint8) for n in range(7)]), 25.0)
    dataset = open_dataset(root=root, middle=middle)
    video = dataset.open(dataset.clips("test1")[0])
    assert (video.read()[:, 8, 8, 0] / 30).round().tolist() == list(levels) and video.num_frames == len(levels)
    with pytest.raises(UsageError, match="middle=-1: expected a number of frames"):
        open_dataset(root=root, middle=-1)


@pytest.mark.parametrize("videos", ["", "UCF-101/"])
@pytest.mark.parametrize("lists", ["", "ucfTrainTestlist/", "UCF101TrainTestSplits-RecognitionTask/ucfTrainTestlist/"])
def test_layouts_of_the_archives_are_read(layout: Layout, videos: str, lists: str) -> None:
    root = layout({lists + name: text for name, text in LISTS.items()}, [videos + file for file in FILES])
    given = {root, root / "UCF-101"} if videos and lists else {root}
    for folder in given:
        train = open_dataset(root=folder).clips("train1")
        assert [(clip.id, clip.label, clip.group) for clip in train] == [
            ("v_ApplyEyeMakeup_g08_c01", 0, "ApplyEyeMakeup_g08"),
            ("v_HandStandPushups_g09_c02", 1, "HandstandPushups_g09"),
        ]


@pytest.mark.parametrize("folder", ["HandstandPushups", "HandStandPushups"])
@pytest.mark.parametrize("listed", ["HandstandPushups", "HandStandPushups"])
def test_handstand_pushups_are_found_in_either_spelling(layout: Layout, folder: str, listed: str) -> None:
    lists = {**LISTS, "testlist01.txt": f"{listed}/v_{listed}_g01_c01.avi\n"}
    [clip] = open_dataset(root=layout(lists, [f"{folder}/v_HandStandPushups_g01_c01.avi"])).clips("test1")
    assert clip.label == 1 and clip.path.is_file() and clip.group == "HandstandPushups_g01"


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ({"testlist01.txt": "\nAplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi"},
         r"testlist01\.txt, line 2: class 'AplyEyeMakeup' is not in classInd.txt. Did you mean 'ApplyEyeMakeup'\?"),
        ({"trainlist01.txt": TRAIN.replace("c01.avi 1", "c01.avi 2")}, r"list01\.txt, line 1: label 2, but .* has 1"),
        ({"testlist01.txt": TEST * 2}, r"testlist01\.txt, line 2: clip 'v_Apply.*' is listed twice .*line 1"),
        ({"testlist01.txt": "/etc/passwd.avi"}, "line 1: path '/etc/passwd.avi' leaves the data folder"),
        ({"testlist01.txt": "../data/x.avi"}, "line 1: path '../data/x.avi' leaves the data folder"),
        ({"testlist01.txt": "ApplyEyeMakeup/v_link_g01_c01.avi"}, "line 1: path .* through a symbolic link"),
        ({"testlist01.txt": "ApplyEyeMakeup/video.avi"}, "line 1: file name 'video.avi' does not end in _gNN_cNN"),
        ({"testlist01.txt": "ApplyEyeMakeup/v_g01_c01.avi"}, r"1 of 1 clips have no file .*testlist01\.txt, line 1"),
        ({"testlist01.txt": " \n"}, "ucf101 test1: no clip"),
        ({"classInd.txt": "1 A\n1 B\n"}, r"classInd\.txt, line 2: '1 B'; .*distinct"),
        ({"classInd.txt": "ApplyEyeMakeup\n"}, r"classInd\.txt, line 1: .*a number and a class name"),
    ],
)  # fmt: skip
def test_faults_are_named_by_file_and_line(layout: Layout, lists: dict[str, str], message: str) -> None:
    root = layout({**LISTS, **lists}, FILES)
    outside = root.parent / "outside.avi"
    outside.write_bytes(b"x")
    (root / "ApplyEyeMakeup" / "v_link_g01_c01.avi").symlink_to(outside)
    with pytest.raises(AnnotationError, match=message):
        open_dataset(root=root).clips("train1" if "trainlist01.txt" in lists else "test1")


def test_missing_folders_and_unknown_values_are_named(layout: Layout, tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"should hold UCF101\.rar .*--data DIR, .*HARNESS_DATA_UCF101.*data: \{ucf101: DIR\}"
    ):
        open_dataset()
    with pytest.raises(UsageError, match=r"none is not a folder. It should hold UCF101\.rar"):
        open_dataset(root=tmp_path / "none")
    with pytest.raises(
        UsageError, match=r"no classInd\.txt found; looked in .*ucfTrainTestlist.*Get UCF101TrainTestSplits"
    ):
        open_dataset(root=tmp_path)
    with pytest.raises(UnknownNameError, match="Did you mean 'test1'"):
        open_dataset(root=layout(LISTS, FILES)).clips("test4")
    with pytest.raises(UsageError, match="expected HEIGHTxWIDTH"):
        open_dataset(root=layout(LISTS, FILES), size="12")
