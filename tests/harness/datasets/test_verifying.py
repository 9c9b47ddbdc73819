"""Verifying a data set: counts, and everything that can be wrong with a clip."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.datasets.annotated import AnnotatedDataset
from harness.datasets.digests import split_digest
from harness.datasets.verifying import Problem, describe, verify
from harness.errors import AnnotationError
from harness.video.frames import write_video


@pytest.fixture
def folder(made_clips: Callable[..., Path]) -> Path:
    return made_clips(classes=3, per_class=2, frames=8, height=32, width=40)


def problems(folder: Path, *splits: str) -> set[tuple[str, str | None, str]]:
    found = verify(AnnotatedDataset(folder, "made"), splits or ("test",)).problems
    return {(p.split, p.clip, p.kind) for p in found}


def annotate(folder: Path, split: str, *rows: str) -> None:
    (folder / f"{split}.csv").write_text("\n".join(["id,path,label,group,num_frames", *rows]) + "\n")


def test_describe_counts_clips_classes_sizes_and_frames(folder: Path) -> None:
    facts = describe(AnnotatedDataset(folder, "made"), "test")
    assert (facts.clips, facts.groups) == (6, 2)
    assert facts.per_class == {"class_0": 2, "class_1": 2, "class_2": 2}
    assert facts.sizes == {"40x32": 6}
    assert facts.frames == (8, 8, 8)
    assert facts.seconds == pytest.approx((0.32, 0.32, 0.32))


def test_describe_raises_for_a_broken_annotation(folder: Path) -> None:
    annotate(folder, "test", "a,test/clip_0.mp4,7,g,8")
    with pytest.raises(AnnotationError, match="label 7"):
        describe(AnnotatedDataset(folder, "made"), "test")


def test_an_intact_data_set_has_no_problems_and_a_digest(folder: Path) -> None:
    dataset = AnnotatedDataset(folder, "made")
    seen: list[tuple[int, int]] = []
    verdict = verify(dataset, ["test"], lambda done, total: seen.append((done, total)))
    assert verdict.problems == [] and verdict.clips == {"test": 6}
    assert verdict.digests == {"test": split_digest(dataset.clips("test"))}
    assert seen == [(done, 6) for done in range(1, 7)]


def test_an_unreadable_clip_is_named(folder: Path) -> None:
    file = folder / "test" / "clip_3.mp4"
    file.write_bytes(file.read_bytes()[:400])
    (folder / "test" / "clip_4.mp4").write_bytes(b"")
    assert problems(folder) == {("test", "clip_3", "unreadable"), ("test", "clip_4", "unreadable")}


def test_a_clip_without_the_annotated_length_is_named(folder: Path) -> None:
    table = folder / "test.csv"
    table.write_text(table.read_text().replace("clip_2,test/clip_2.mp4,2,g0,8", "clip_2,test/clip_2.mp4,2,g0,9"))
    assert problems(folder) == {("test", "clip_2", "unreadable")}


def test_a_clip_of_one_frame_is_too_short(folder: Path) -> None:
    write_video(folder / "test" / "short.mp4", np.zeros((1, 32, 40, 3), np.uint8), fps=25)
    annotate(folder, "train", "short,test/short.mp4,0,g,1", "clip,test/clip_1.mp4,0,g,8")
    assert problems(folder, "train") == {("train", "short", "short")}


def test_duplicates_are_found_within_and_across_splits(folder: Path) -> None:
    shutil.copy(folder / "test" / "clip_1.mp4", folder / "test" / "copy.mp4")
    rows = ["new,test/clip_0.mp4,0,g,8", "copy,test/copy.mp4,1,g,8"]
    annotate(folder, "train", *rows)
    assert problems(folder, "test", "train") == {("train", "new", "duplicate"), ("train", "copy", "duplicate")}
    [first, *_] = verify(AnnotatedDataset(folder, "made"), ["test", "train"]).problems
    assert isinstance(first, Problem) and first.detail == "same content as 'clip_1' of test"


def test_a_broken_annotation_is_a_problem_and_other_splits_are_still_read(folder: Path) -> None:
    annotate(folder, "train", "gone,test/gone.mp4,0,g,8")
    verdict = verify(AnnotatedDataset(folder, "made"), ["train", "test"])
    [problem] = verdict.problems
    assert (problem.split, problem.clip, problem.kind) == ("train", None, "annotation")
    assert "no such file" in problem.detail and verdict.clips == {"test": 6}


def test_a_file_that_goes_missing_is_a_problem(folder: Path) -> None:
    class Kept(AnnotatedDataset):
        """Lists its clips without looking for the files."""

        def clips(self, split: str):  # type: ignore[no-untyped-def]
            return known

    known = AnnotatedDataset(folder, "made").clips("test")
    known[0].path.unlink()
    verdict = verify(Kept(folder, "made"), ["test"])
    assert {(p.clip, p.kind) for p in verdict.problems} == {("clip_0", "missing")}
    assert verdict.digests == {}


def test_folds_share_clips_but_the_parts_of_one_fold_must_not(folder: Path) -> None:
    rows = (folder / "test.csv").read_text().splitlines()[1:]
    annotate(folder, "train1", *rows[:3])
    annotate(folder, "test1", *rows[2:4])
    annotate(folder, "train2", *rows[3:])
    annotate(folder, "test2", *rows[:3])
    seen: list[tuple[int, int]] = []
    names = ["train1", "test1", "train2", "test2"]
    verdict = verify(AnnotatedDataset(folder, "made"), names, lambda done, total: seen.append((done, total)))
    assert [(p.split, p.clip, p.kind) for p in verdict.problems] == [("test1", "clip_2", "duplicate")]
    assert seen[-1] == (6, 6)


def test_clips_cut_from_one_file_are_no_duplicates(folder: Path) -> None:
    annotate(folder, "train", "a,test/clip_0.mp4,0,g,8", "b,test/clip_0.mp4,1,g,8")
    assert problems(folder, "train") == set()


def test_every_missing_clip_is_named_if_the_data_set_lists_its_entries(folder: Path) -> None:
    class Lists(AnnotatedDataset):
        def entries(self, split: str):  # type: ignore[no-untyped-def]
            return known

    known = AnnotatedDataset(folder, "made").clips("test")
    for clip in known[:2]:
        clip.path.unlink()
    assert {(p.clip, p.kind) for p in verify(Lists(folder, "made"), ["test"]).problems} == {
        ("clip_0", "missing"),
        ("clip_1", "missing"),
    }
