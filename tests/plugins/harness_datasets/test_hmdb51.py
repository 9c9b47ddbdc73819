from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import AnnotationError, UsageError
from harness_datasets.hmdb51 import FILE_NAME, Hmdb51, open_dataset, source_video

Layout = Callable[..., Path]
ODD = "Chanta!__#1;_[_(new)_]_brush_hair_u_cm_np1_le_goo_1.avi"
LISTS = {
    "brush_hair_test_split1.txt": f"{ODD} 2 \nFilm_brush_hair_h_nm_np2_ba_bad_0.avi 1 \n",
    "clap_test_split1.txt": "Film_clap_f_nm_np1_fr_med_12.avi 1 \nFilm_clap_f_nm_np1_fr_med_13.avi 0 \n",
}
FILES = [
    f"brush_hair/{ODD}",
    "brush_hair/Film_brush_hair_h_nm_np2_ba_bad_0.avi",
    "clap/Film_clap_f_nm_np1_fr_med_12.avi",
]


@pytest.mark.assets
def test_official_lists_have_their_published_sizes(assets: Path) -> None:
    dataset = Hmdb51(assets / "hmdb51-splits")
    listed = (assets / "hmdb51-splits" / "class_list.txt").read_text().split()
    assert list(dataset.classes) == sorted(listed) and len(listed) == 51
    counts = {split: len(dataset.entries(split)) for split in dataset.splits}
    assert counts == {f"{part}{k}": n for k in "123" for part, n in (("train", 3570), ("test", 1530))}


@pytest.mark.assets
def test_groups_of_the_official_lists_are_source_videos(assets: Path) -> None:
    folder = assets / "hmdb51-splits"
    names = {
        (file.name.rpartition("_test_split")[0], line.split()[0].removesuffix(".avi"))
        for file in folder.glob("*_test_split1.txt")
        for line in file.read_text().splitlines()
    }
    assert len(names) == 6766 and all(FILE_NAME.fullmatch(stem) for _, stem in names)
    # the tags are preceded by the class in every name, so that nothing of a source is cut off or left on
    assert all(f"{source_video(stem, name)}_{name}_" in stem for name, stem in names)
    assert len({source_video(stem, name) for name, stem in names}) == 1407
    train, test = (Hmdb51(folder).entries(split) for split in ("train1", "test1"))
    assert len({clip.group for clip in train} & {clip.group for clip in test}) == 133
    assert not {(clip.label, clip.group) for clip in train} & {(clip.label, clip.group) for clip in test}


@pytest.mark.parametrize("videos", ["", "hmdb51_org/"])
@pytest.mark.parametrize("lists", ["", "testTrainMulti_7030_splits/"])
def test_layouts_of_the_archives_and_odd_names_are_read(layout: Layout, videos: str, lists: str) -> None:
    root = layout({lists + name: text for name, text in LISTS.items()}, [videos + file for file in FILES])
    dataset = open_dataset(root=root)
    assert (dataset.classes, dataset.splits) == (("brush_hair", "clap"), ("train1", "test1"))
    assert [(clip.label, clip.group) for clip in dataset.clips("train1")] == [(0, "Film"), (1, "Film")]
    [clip] = dataset.clips("test1")
    assert (clip.path.name, clip.group) == (ODD, "Chanta!__#1;_[_(new)_]")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Film_clap_f_nm_np1_fr_med_12.avi 3", "line 1: .* 0, 1 .training. or 2 .test."),
        ("Film_clap.avi 2", "line 1: file name 'Film_clap.avi' lacks the tags"),
        ("../clap/Film_clap_f_nm_np1_fr_med_12.avi 2", "line 1: .* is not a file name"),
        ("Film_clap_f_nm_np1_fr_med_99.avi 2", r"1 of 2 clips have no file .*clap_test_split1\.txt, line 1"),
    ],
)
def test_faulty_lines_are_named(layout: Layout, text: str, message: str) -> None:
    root = layout({**LISTS, "clap_test_split1.txt": text}, FILES)
    with pytest.raises(AnnotationError, match=message):
        open_dataset(root=root).clips("test1")


def test_errors_say_what_to_download(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"should hold hmdb51_org\.rar .*HARNESS_DATA_HMDB51"):
        open_dataset()
    with pytest.raises(UsageError, match=r"looked in .*testTrainMulti_7030_splits.*Get test_train_splits\.rar"):
        open_dataset(root=tmp_path)
