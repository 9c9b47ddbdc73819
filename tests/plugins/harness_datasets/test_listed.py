"""What all data sets with lists and folders do: ids, names, and what is passed over."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from harness.cli.main import app
from harness.datasets.verifying import verify
from harness.errors import AnnotationError, ClipError
from harness.text import Line
from harness.video.frames import write_video
from harness_datasets.files import label_of
from harness_datasets.folder import open_videos
from harness_datasets.hmdb51 import open_dataset as open_hmdb51
from harness_datasets.ixmas import open_dataset as open_ixmas
from harness_datasets.kth import open_dataset as open_kth
from harness_datasets.listed import distinct_ids
from harness_datasets.ucf101 import open_dataset as open_ucf101

Layout = Callable[..., Path]
JUNK = b"\0\5\x16\7\0\2\0\0Mac OS X"


def ids(root: Path, split: str = "all") -> list[str]:
    return [clip.id for clip in open_videos(root=root).clips(split)]


def frames(folder: Path, numbers: Sequence[int], name: str = "{}.png") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        cv2.imwrite(str(folder / name.format(number)), np.full((8, 10), 10 * number, np.uint8))


def test_clips_with_one_stem_carry_their_suffix_and_no_others(layout: Layout) -> None:
    root = layout({}, ["run/a.mp4", "run/a.avi", "run/b.mp4", "run/c/1.png", "run/c.mov", "sit/a.mp4"])
    assert ids(root) == ["run/a.avi", "run/a.mp4", "run/b", "run/c", "run/c.mov", "sit/a"]
    (root / "classes.txt").write_text("run\nsit\n")
    (root / "val.txt").write_text("run/a.mp4 0\nrun/a.avi 0\nrun/c/ 0\nrun/c.mov 0\nsit/a.mp4 1\n")
    assert ids(root, "val") == ["run/a.mp4", "run/a.avi", "run/c", "run/c.mov", "sit/a"]


def test_an_id_that_is_taken_by_a_suffix_gets_its_own() -> None:
    stems = {"a.mp4": "a", "a.avi": "a", "a.mp4.avi": "a.mp4", "b.mp4": "b"}
    assert distinct_ids(stems) == {name: name for name in stems} | {"b.mp4": "b"}


def test_files_of_macos_and_windows_are_no_clips_frames_classes_or_lists(layout: Layout) -> None:
    empty = ["walk/a.3GP", "walk/._a.3GP", "__MACOSX/walk/._a.3GP", ".ipynb_checkpoints/x/a.mp4", "walk/.DS_Store"]
    root = layout({}, [*empty, "walk/notes.pdf", "Thumbs.db"])
    frames(root / "walk" / "b", range(1, 4))
    (root / "walk" / "b" / "._1.png").write_bytes(JUNK)
    dataset = open_videos(root=root)
    assert dataset.classes == ("walk",) and ids(root) == ["walk/a", "walk/b"]
    assert dataset.open(dataset.clips("all")[1]).num_frames == 3
    assert dataset.passed_over() == [
        ".ipynb_checkpoints/", "Thumbs.db", "__MACOSX/", "walk/.DS_Store", "walk/._a.3GP", "walk/b/._1.png",
        "walk/notes.pdf",
    ]  # fmt: skip


def test_lists_that_macos_leaves_are_no_splits(layout: Layout) -> None:
    texts = {"classes.txt": "run\n", "val.txt": "run/a.mp4 0\n"}
    root = layout(texts, ["run/a.mp4", "run/b.mp4"])
    (root / "._val.txt").write_bytes(JUNK)
    dataset = open_videos(root=root)
    assert dataset.splits == ("val",) and dataset.passed_over() == ["._val.txt", "run/b.mp4"]
    ucf = {"classInd.txt": "1 Run\n", "trainlist01.txt": "Run/v_Run_g01_c01.avi 1\n", "._trainlist02.txt": ""}
    assert open_ucf101(root=layout(ucf)).splits == ("train1",)
    hmdb = {"._x_test_split1.txt": "", "wave_test_split1.txt": "clip_wave_u_cm_np1_ri_bad_0.avi 1\n"}
    assert open_hmdb51(root=layout(hmdb)).classes == ("wave",)


def test_notes_beside_class_folders_are_no_lists(layout: Layout) -> None:
    dataset = open_videos(root=layout({"notes.txt": "Filmed in 2019.\nWith a phone\n"}, ["run/a.mp4"]))
    assert dataset.classes == ("run",) and dataset.passed_over() == ["notes.txt"]


def test_frames_of_ixmas_are_in_the_order_of_their_numbers_without_leftovers(tmp_path: Path) -> None:
    frames(tmp_path / "alba1" / "cam0", range(1, 13), "img{}.png")
    (tmp_path / "alba1" / "._cam0").mkdir()
    (tmp_path / "alba1" / "cam0" / "._img1.png").write_bytes(JUNK)
    (tmp_path / "alba1" / "truth.txt").write_bytes(b"\xef\xbb\xbf" + b"1\r\n" * 12)
    dataset = open_ixmas(root=tmp_path)
    [clip] = dataset.clips("test-alba")
    assert dataset.open(clip).read()[:, 0, 0, 0].tolist() == [10 * number for number in range(1, 13)]
    assert dataset.passed_over() == ["alba1/._cam0/", "alba1/cam0/._img1.png"]


def test_frames_beyond_the_end_of_a_video_are_refused_before_they_are_wanted(layout: Layout) -> None:
    root = layout({"00sequences.txt": "person22_walking_d4 frames 1-900000000000\n"})
    (root / "walking").mkdir()
    write_video(root / "walking" / "person22_walking_d4_uncomp.avi", np.zeros((4, 16, 16, 3), np.uint8), 25)
    dataset = open_kth(root=root)
    with pytest.raises(ClipError, match="annotated with frames 1 to 900000000000, but the file ends at 4"):
        dataset.open(dataset.clips("test")[0])


@pytest.mark.parametrize(("written", "there"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_names_with_accents_are_found_in_either_spelling(layout: Layout, written: str, there: str) -> None:
    path = unicodedata.normalize(written, "Übung/läufer.mp4")
    root = layout({"classes.txt": "a\n", "val.txt": f"\ufeff{path}\t0 \r\n"}, [unicodedata.normalize(there, path)])
    assert ids(root, "val") == [path.removesuffix(".mp4")]


def test_a_class_is_one_class_in_either_spelling(layout: Layout) -> None:
    first, second = (unicodedata.normalize(form, "Übung") for form in ("NFC", "NFD"))
    dataset = open_videos(root=layout({}, [f"train/{first}/1.mp4", f"test/{second}/2.mp4"]))
    assert dataset.classes == (first,)
    assert [clip.label for split in dataset.splits for clip in dataset.clips(split)] == [0, 0]


def test_a_class_is_found_in_either_spelling_and_any_letter_case() -> None:
    line, classes = Line(Path("list.txt"), 3, ""), ["Run", "\u00dcbung"]
    assert label_of("U\u0308bung", classes, line, "classInd.txt") == label_of("\u00fcbung", classes, line, "it") == 1
    with pytest.raises(AnnotationError, match=r"list\.txt, line 3: class 'Rum' is not in it\. Did you mean 'Run'"):
        label_of("Rum", classes, line, "it")


@pytest.mark.skipif(sys.platform == "darwin", reason="names are UTF-8 there")
def test_names_that_are_not_utf_8_are_refused_with_their_bytes_and_verify_names_them(layout: Layout) -> None:
    root = layout({}, ["walk/a.mp4"])
    Path(os.fsdecode(os.fsencode(root) + b"/walk/caf\xe9.mp4")).touch()
    with pytest.raises(AnnotationError, match=r"not UTF-8, .*: walk/caf\\xe9\.mp4 \(1 of 2 clips\); rename"):
        ids(root)
    result = verified(root)
    assert result.exit_code == 1 and r"walk/caf\xe9.mp4" in result.output


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f"run/a.mp4 {'9' * 5000}", r"val\.txt, line 1: label '9+\.\.\.9+' is not a whole number"),
        (f"run/a {'9' * 5000} 0", r"val\.txt, line 1: number of frames '9+\.\.\.9+' is not a whole number"),
        (f"{'x' * 5000}.mp4 0", r"val\.txt, line 1: path 'x+\.\.\.x+\.mp4' cannot be looked up: File name too long"),
        ("run/a\0.mp4 0", r"val\.txt, line 1: it has a NUL byte"),
    ],
)
def test_lines_that_the_system_cannot_take_are_named_and_shortened(layout: Layout, line: str, message: str) -> None:
    root = layout({"classes.txt": "run\n", "val.txt": line}, ["run/a.mp4"])
    with pytest.raises(AnnotationError, match=message) as caught:
        ids(root, "val")
    assert len(str(caught.value)) < 600


def verified(root: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["datasets", "verify", "videos", "--data", str(root), *options])


def test_verify_names_gaps_and_counts_what_is_passed_over(tmp_path: Path) -> None:
    root = tmp_path / "data"
    frames(root / "walk" / "b", [1, 2, 3, 5, 6, 10, 11])
    (root / "walk" / "notes.pdf").touch()
    (root / "__MACOSX").mkdir()
    result = verified(root)
    assert result.exit_code == 1
    assert "gap all/walk/b" in result.output and "no picture is numbered 4, 7 to 9;" in " ".join(result.output.split())
    assert "passed over: 2 files and folders (__MACOSX/, walk/notes.pdf)" in result.output
    content = json.loads(verified(root, "--json").stdout)
    assert content["passed_over"] == ["__MACOSX/", "walk/notes.pdf"]
    (root / "walk" / "b" / "10.png").rename(root / "walk" / "b" / "7.png")
    (root / "walk" / "b" / "11.png").rename(root / "walk" / "b" / "4.png")
    assert verified(root).exit_code == 0


def test_a_gap_is_named_once_however_many_clips_are_cut_from_the_pictures(tmp_path: Path) -> None:
    frames(tmp_path / "alba1" / "cam0", [1, 2, 3, 5, 6, 7, 8], "img{}.png")
    (tmp_path / "alba1" / "truth.txt").write_text("1 1 1 2 2 2 2")
    found = verify(open_ixmas(root=tmp_path), ["test-alba"]).problems
    assert [(problem.kind, problem.clip) for problem in found] == [("gap", "alba1_cam0_1-3")]
