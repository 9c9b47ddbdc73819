"""Groups of one's own clips: in a column of the lists, or in the paths."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.datasets.digests import split_digest
from harness.errors import AnnotationError, UsageError
from harness.planning.resolving import dataset_part, open_dataset
from harness.registry import registry
from harness_datasets.folder import open_lowres, open_videos

Layout = Callable[..., Path]
CLASSES = {"classes.txt": "run\nsit\n"}
VIDEOS = ["run/v_g01_c01.mp4", "run/v_g01_c02.mp4", "sit/v_g02_c01.mp4"]


def groups(dataset: object, split: str) -> list[str]:
    return [clip.group for clip in dataset.clips(split)]  # type: ignore[attr-defined]


def listed(layout: Layout, *ends: str) -> Path:
    lines = [f"{path} {end}" for path, end in zip(VIDEOS, ends, strict=True)]
    return layout({**CLASSES, "val.txt": "\n".join(lines)}, VIDEOS)


def test_a_column_of_the_list_gives_the_groups(layout: Layout) -> None:
    root = listed(layout, "0 tape-1", "0\ttape-1", "1 2")
    clips = open_videos(root=root, groups="column").clips("val")
    assert [(clip.id, clip.label, clip.group) for clip in clips] == [
        ("run/v_g01_c01", 0, "tape-1"), ("run/v_g01_c02", 0, "tape-1"), ("sit/v_g02_c01", 1, "2"),
    ]  # fmt: skip


def test_raw_frames_have_the_column_after_their_label(layout: Layout) -> None:
    root = layout({**CLASSES, "val.txt": "run/a 3 0 tape\n"}, ["run/a/1.png"])
    [clip] = open_lowres(root=root, groups="column").clips("val")
    assert (clip.id, clip.label, clip.group) == ("run/a", 0, "tape")


@pytest.mark.parametrize("pattern", [r"(g\d+)_c", r"(v_)?(?P<group>g\d\d)_c(\d+)"])
def test_a_pattern_finds_the_groups_in_lists_and_in_class_folders(layout: Layout, pattern: str) -> None:
    root = listed(layout, "0", "0", "1")
    assert groups(open_videos(root=root, groups=pattern), "val") == ["g01", "g01", "g02"]
    for name in ("classes.txt", "val.txt"):
        (root / name).unlink()
    assert groups(open_videos(root=root, groups=pattern), "all") == ["g01", "g01", "g02"]


def test_without_the_option_every_clip_is_a_group_and_identity_is_as_it_was(layout: Layout) -> None:
    root = listed(layout, "0", "0", "1")
    dataset = open_dataset("videos", registry(), root)
    assert groups(dataset, "val") == ["run/v_g01_c01", "run/v_g01_c02", "sit/v_g02_c01"]
    assert dataset_part("videos", registry()).identity()["options"] == {"size": "", "videos": ""}
    other = open_dataset("videos:groups=(g..)_c", registry(), root)
    assert split_digest(other.clips("val")) != split_digest(dataset.clips("val"))


@pytest.mark.parametrize(
    ("option", "ends", "message"),
    [
        (r"(run)", ("0", "0", "1"), r"val\.txt, line 3: groups=\(run\): no group found in 'sit/v_g02_c01.mp4'"),
        (r"(nothing)", ("0", "0", "1"), r"val\.txt, line 1: groups=\(nothing\): no group found"),
        (r"v_(x?)", ("0", "0", "1"), r"val\.txt, line 1: .* no group found"),
        ("column", ("0 a", "0", "1 b"), r"val\.txt, line 2: .* has no group; .*`path label group`"),
        ("", ("0 a", "0 a", "1 b"), r"val\.txt, line 1: .* with groups=column it ends in a group"),
    ],
)
def test_a_clip_without_a_group_is_named(layout: Layout, option: str, ends: tuple[str, ...], message: str) -> None:
    with pytest.raises(AnnotationError, match=message):
        open_videos(root=listed(layout, *ends), groups=option).clips("val")


def test_class_folders_name_the_file_without_a_group(layout: Layout) -> None:
    dataset = open_videos(root=layout({}, VIDEOS), groups="(g01)")
    with pytest.raises(AnnotationError, match=r"no group found in 'sit/v_g02_c01.mp4'"):
        dataset.clips("all")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("(g", r"groups=\(g: not a regular expression: .*write groups="),
        ("g01", "with 0 parts in brackets; write column if"),
        ("(g)(c)", "with 2 parts in brackets"),
    ],
)
def test_a_bad_pattern_is_refused_when_the_data_set_is_opened(layout: Layout, option: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        open_videos(root=layout({}, VIDEOS), groups=option)


def test_class_folders_have_no_column(layout: Layout) -> None:
    with pytest.raises(UsageError, match="groups=column is for lists"):
        open_videos(root=layout({}, VIDEOS), groups="column")
