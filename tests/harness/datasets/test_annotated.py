"""Annotation files: what is read, and every rule that can be violated."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from harness.contracts import Clip
from harness.datasets.annotated import AnnotatedDataset, balanced_subset
from harness.datasets.digests import split_digest
from harness.errors import AnnotationError, ClipError, UnknownNameError, UsageError
from harness.video.frames import write_video

HEADER = "id,path,label,group,num_frames"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two real clips of 4 and 5 frames in classes `wave` and `jump`."""
    root = tmp_path / "data"
    (root / "test").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name, frames in (("a", 4), ("b", 5)):
        write_video(root / "test" / f"{name}.mp4", rng.integers(0, 255, (frames, 16, 16, 3), dtype=np.uint8), 25)
    (root / "classes.txt").write_text("wave\njump\n")
    annotate(root, "c1,test/a.mp4,0,g1,4", "c2,test/b.mp4,1,g2,5")
    return root


def annotate(root: Path, *lines: str, header: str = HEADER) -> None:
    (root / "test.csv").write_text("\n".join([header, *lines]) + "\n")


def test_reads_classes_splits_clips_and_frames(folder: Path) -> None:
    dataset = AnnotatedDataset(folder, "two")
    assert (list(dataset.classes), list(dataset.splits)) == (["wave", "jump"], ["test"])
    first, second = dataset.clips("test")
    assert first == Clip("c1", folder.resolve() / "test" / "a.mp4", 0, "g1")
    assert (second.label, second.group) == (1, "g2")
    assert dataset.open(first).read().shape == (4, 16, 16, 3)


def test_a_file_without_the_annotated_length_is_refused(folder: Path) -> None:
    annotate(folder, "c1,test/a.mp4,0,g1,9")
    dataset = AnnotatedDataset(folder, "two")
    (clip,) = dataset.clips("test")
    with pytest.raises(ClipError, match=r"'c1'.*annotated with 9 frames, 4 decoded"):
        dataset.open(clip).read()


def test_an_unknown_split_gets_a_suggestion(folder: Path) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'test'"):
        AnnotatedDataset(folder, "two").clips("tset")


GOOD = "c1,test/a.mp4,0,g1,4"


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("c2,test/none.mp4,0,g1,4", r"path 'test/none.mp4': no such file"),
        ("c2,test,0,g1,4", r"path 'test': no such file"),
        ("c2,../outside.mp4,0,g1,4", r"'../outside.mp4' leaves the data folder"),
        ("c2,test/../../outside.mp4,0,g1,4", r"leaves the data folder"),
        ("c2,{absolute},0,g1,4", r"leaves the data folder"),
        ("c2,test/link.mp4,0,g1,4", r"'test/link.mp4' leaves the data folder"),
        ("c2,linked/outside.mp4,0,g1,4", r"leaves the data folder"),
        ("c2,test/b.mp4,2,g1,4", r"label 2; labels run from 0 to 1"),
        ("c2,test/b.mp4,-1,g1,4", r"label -1; labels run from 0 to 1"),
        ("c2,test/b.mp4,jump,g1,4", r"label 'jump' is not a whole number"),
        ("c2,test/b.mp4,1.0,g1,4", r"label '1.0' is not a whole number"),
        ("c2,test/b.mp4,1,g1,many", r"num_frames 'many' is not a whole number"),
        ("c2,test/b.mp4,1,g1,0", r"num_frames 0; a clip has at least one"),
        ("c1,test/b.mp4,1,g1,4", r"duplicate id 'c1'"),
        (",test/b.mp4,1,g1,4", r"id is blank"),
        ("c2,test/b.mp4,1, ,4", r"group is blank"),
        ("c2,,1,g1,4", r"path is blank"),
        ("c2,test/b.mp4,1,g1", r"4 fields; a clip has 5"),
        ("c2,test/b.mp4,1,g1,4,x", r"6 fields; a clip has 5"),
    ],
)
def test_broken_line_names_file_line_and_rule(folder: Path, line: str, rule: str) -> None:
    outside = folder.parent / "outside.mp4"
    outside.write_bytes((folder / "test" / "a.mp4").read_bytes())
    (folder / "test" / "link.mp4").symlink_to(outside)
    (folder / "linked").symlink_to(folder.parent)
    annotate(folder, GOOD, line.format(absolute=outside))
    with pytest.raises(AnnotationError, match=rf"test\.csv, line 3: .*{rule}"):
        AnnotatedDataset(folder, "two").clips("test")


def test_absolute_path_is_refused_even_inside_the_folder(folder: Path) -> None:
    annotate(folder, f"c1,{folder / 'test' / 'a.mp4'},0,g1,4")
    with pytest.raises(AnnotationError, match="leaves the data folder"):
        AnnotatedDataset(folder, "two").clips("test")


@pytest.mark.parametrize("header", ["id,path,label,group", "path,id,label,group,num_frames", "c1,test/a.mp4,0,g1,4"])
def test_wrong_header_is_refused(folder: Path, header: str) -> None:
    annotate(folder, GOOD, header=header)
    with pytest.raises(AnnotationError, match=r"test\.csv, line 1: header .* must be 'id,path,label,group,num_frames'"):
        AnnotatedDataset(folder, "two").clips("test")


@pytest.mark.parametrize("content", [b"", HEADER.encode() + b"\n"])
def test_annotation_without_clips_is_refused(folder: Path, content: bytes) -> None:
    (folder / "test.csv").write_bytes(content)
    with pytest.raises(AnnotationError, match=r"test\.csv, line 1: (header|no clip)"):
        AnnotatedDataset(folder, "two").clips("test")


def test_annotation_that_is_not_text_is_refused(folder: Path) -> None:
    (folder / "test.csv").write_bytes(HEADER.encode() + b"\nc1,test/\xff.mp4,0,g1,4\n")
    with pytest.raises(AnnotationError, match=r"test\.csv, line \d: not readable as UTF-8"):
        AnnotatedDataset(folder, "two").clips("test")


def test_a_mark_other_line_ends_blanks_and_blank_lines_change_nothing(folder: Path) -> None:
    before = AnnotatedDataset(folder, "two").clips("test")
    text = (folder / "test.csv").read_text().replace(",", " ,\t").replace("\n", " \r\n")
    (folder / "test.csv").write_bytes(f"\ufeff{text}\r\n \r\n".encode())
    (folder / "classes.txt").write_bytes("\ufeffwave \r\njump\t\r\n\r\n".encode())
    (folder / "._test.csv").write_bytes(b"\0\5\x16\7")
    dataset = AnnotatedDataset(folder, "two")
    assert (list(dataset.classes), list(dataset.splits)) == (["wave", "jump"], ["test"])
    assert dataset.clips("test") == before


def test_names_and_numbers_that_no_system_takes_are_named(folder: Path) -> None:
    for line, rule in (
        (f"c2,{'x' * 5000}.mp4,0,g,4", "path 'x+...x+.mp4' cannot be looked up: File name too long"),
        (f"c2,test/b.mp4,{'9' * 5000},g,4", "label '9+...9+' is not a whole number"),
        ("c2,test/b\0.mp4,0,g,4", "it has a NUL byte"),
    ):
        annotate(folder, GOOD, line)
        with pytest.raises(AnnotationError, match=rf"test\.csv, line 3: {rule}"):
            AnnotatedDataset(folder, "two").clips("test")


@pytest.mark.parametrize(
    ("content", "rule"),
    [(None, "no such file"), ("", "no class"), ("a\n\nb\n", "line 2: ''"), ("a\nb\na\n", "line 3: 'a'")],
)
def test_broken_class_list_is_refused(folder: Path, content: str | None, rule: str) -> None:
    (folder / "classes.txt").unlink()
    if content is not None:
        (folder / "classes.txt").write_text(content)
    with pytest.raises(AnnotationError, match=rf"classes\.txt.*{rule}"):
        AnnotatedDataset(folder, "two").clips("test")


def test_digest_depends_on_content_not_on_folder_or_order(folder: Path, tmp_path: Path) -> None:
    clips = AnnotatedDataset(folder, "two").clips("test")
    digest = split_digest(clips)
    assert len(digest) == 64 and split_digest(list(reversed(clips))) == digest
    moved = tmp_path / "elsewhere"
    folder.rename(moved)
    again = AnnotatedDataset(moved, "two").clips("test")
    assert split_digest(again) == digest
    first, second = again
    for changed in (
        Clip("other", first.path, first.label, first.group),
        Clip(first.id, first.path, 1, first.group),
        Clip(first.id, first.path, first.label, "g9"),
        Clip(first.id, second.path, first.label, first.group),
    ):
        assert split_digest([changed, second]) != digest
    assert split_digest([first]) != digest
    with first.path.open("ab") as file:
        file.write(b"x")
    assert split_digest(again) != digest


def made(counts: dict[int, int]) -> list[Clip]:
    clips = [Clip(f"c{label}_{i}", Path(f"{i}.mp4"), label, f"g{i}") for label, n in counts.items() for i in range(n)]
    random.Random(3).shuffle(clips)
    return clips


def test_subset_is_balanced_ordered_and_seeded() -> None:
    clips = made({0: 20, 1: 20, 2: 20})
    chosen = balanced_subset(clips, 12)
    assert Counter(c.label for c in chosen) == {0: 4, 1: 4, 2: 4}
    assert chosen == [c for c in clips if c in chosen]
    assert balanced_subset(list(reversed(clips)), 12) == list(reversed(chosen))
    assert balanced_subset(clips, 12, seed=1) != chosen


def test_subset_is_as_even_as_uneven_classes_and_odd_limits_allow() -> None:
    clips = made({0: 2, 1: 20, 2: 5})
    assert sorted(Counter(c.label for c in balanced_subset(clips, 4)).values()) == [1, 1, 2]
    assert Counter(c.label for c in balanced_subset(clips, 13)) == {0: 2, 1: 6, 2: 5}
    assert balanced_subset(clips, 27) == clips and balanced_subset(clips, 99) == clips
    assert set(balanced_subset(clips, 5)) < set(balanced_subset(clips, 9)), "a larger limit keeps the smaller choice"


def test_a_limit_takes_every_group_of_a_class_before_a_second_clip_of_one() -> None:
    clips = [
        Clip(id=f"{label}-{group}-{turn}", label=label, group=f"g{group}", path=Path(f"{label}{group}{turn}.avi"))
        for label in range(3)
        for group in range(4)
        for turn in range(5)
    ]
    assert Counter((c.label, c.group) for c in balanced_subset(clips, 12)) == Counter(
        {(label, f"g{group}"): 1 for label in range(3) for group in range(4)}
    )
    assert max(Counter((c.label, c.group) for c in balanced_subset(clips, 24)).values()) == 2


def test_a_limit_of_zero_is_refused() -> None:
    with pytest.raises(UsageError, match="limit of 0"):
        balanced_subset(made({0: 2}), 0)
