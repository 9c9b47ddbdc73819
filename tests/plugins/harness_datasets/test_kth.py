from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.errors import AnnotationError, ClipError, UsageError
from harness.video.frames import write_video
from harness_datasets.kth import PEOPLE, open_dataset

Layout = Callable[..., Path]
LIST = """The KTH database: sequences
person11_boxing_d1\t\tframes\t1-3, 4-6
person22_walking_d4\t\tframes\t2-5, 9-30
person13_handclapping_d3\t*missing*
"""


def test_people_are_split_as_in_the_paper() -> None:
    train, validation, test = PEOPLE["train8"], PEOPLE["validation"], PEOPLE["test"]
    assert (len(train), len(validation), len(test)) == (8, 8, 9)
    assert train | validation | test == set(range(1, 26)) and PEOPLE["train"] == train | validation


@pytest.mark.parametrize("folder", ["walking/", ""])
def test_clips_are_parts_of_videos(layout: Layout, folder: str) -> None:
    root = layout({"00sequences.txt": LIST}, ["boxing/person11_boxing_d1_uncomp.avi", f"{folder}x.txt"])
    frames = np.arange(10, dtype=np.uint8)[:, None, None, None] * np.full((1, 16, 24, 3), 20, np.uint8)
    write_video(root / f"{folder}person22_walking_d4_uncomp.avi", frames, fps=25)
    dataset = open_dataset(root=root)
    assert [clip.id for clip in dataset.clips("train")] == ["person11_boxing_d1_1-3", "person11_boxing_d1_4-6"]
    good, bad = dataset.clips("test")
    assert (good.label, good.group, dataset.classes[good.label]) == (5, "person22", "walking")
    video = dataset.open(good)
    assert video.num_frames == 4
    assert np.abs(video.read().mean((1, 2, 3)) - [20, 40, 60, 80]).max() < 3
    assert np.abs(video.read(1, 2).mean() - 40) < 3
    with pytest.raises(ClipError, match="annotated with frames 9 to 30, but the file ends at 10"):
        dataset.open(bad).read()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("person22_walking_d4 1-5", r"00sequences\.txt, line 1: .*a video's name, `frames`"),
        ("person22_walkin_d4 frames 1-5", "line 1: class 'walkin'; known: boxing"),
        ("person22_walking_d4 frames 5-4", "line 1: frames 5-4"),
        ("person22_walking_d4 frames 1-5", "1 of 1 clips have no file .*line 1"),
    ],
)
def test_faulty_lines_are_named(layout: Layout, text: str, message: str) -> None:
    with pytest.raises(AnnotationError, match=message):
        open_dataset(root=layout({"00sequences.txt": text})).clips("test")


def test_errors_say_what_to_download(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"should hold the six archives .*HARNESS_DATA_KTH"):
        open_dataset()
    with pytest.raises(UsageError, match=r"no 00sequences\.txt found"):
        open_dataset(root=tmp_path)
