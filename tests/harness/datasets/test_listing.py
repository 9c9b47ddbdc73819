"""Which files count, in which order, and what is passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.datasets.listing import children, frames_in, gaps, is_leftover, is_video, passed_over


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


@pytest.mark.parametrize("suffix", ["mp4", "3gp", "3G2", "ts", "MTS", "m2ts", "wmv", "ogv", "vob", "mxf", "Mov"])
def test_videos_of_phones_cameras_and_old_archives_count(suffix: str) -> None:
    assert is_video(Path(f"a/clip.{suffix}"))
    assert not is_video(Path(f"a/._clip.{suffix}")) and not is_video(Path(f"a/clip.{suffix}.part"))


@pytest.mark.parametrize("name", ["._a.mp4", ".DS_Store", "__MACOSX", "Thumbs.db", "THUMBS.DB", "desktop.ini", ".git"])
def test_what_systems_leave_is_known(name: str) -> None:
    assert is_leftover(Path("a") / name) and not is_leftover(Path(name) / "a")


def test_children_are_in_the_order_in_which_people_count(tmp_path: Path) -> None:
    touch(tmp_path, "10.png", "9.png", "1.png", "01.png", ".9.png", "Thumbs.db")
    assert [path.name for path in children(tmp_path)] == ["01.png", "1.png", "9.png", "10.png"]


def test_frames_are_pictures_of_any_kind_without_those_of_flow(tmp_path: Path) -> None:
    touch(tmp_path, "f10.TIF", "f9.bmp", "f8.JPEG", "f7.webp", "x_00001.jpg", "flow_y_2.jpg", "._f9.bmp", "notes.txt")
    assert [path.name for path in frames_in(tmp_path)] == ["f7.webp", "f8.JPEG", "f9.bmp", "f10.TIF"]


def test_what_belongs_to_no_clip_is_named(tmp_path: Path) -> None:
    clips = [tmp_path / "a" / "1.mp4", tmp_path / "b" / "frames"]
    touch(tmp_path, "a/1.mp4", "a/notes.pdf", "a/deeper/2.mp4", "b/frames/1.png", "b/frames/Thumbs.db", ".git/x/y",
          "__MACOSX/a/._1.mp4", "test.txt", "._test.txt")  # fmt: skip
    assert passed_over(tmp_path, clips, lambda path: path.suffix == ".txt") == [
        "._test.txt", ".git/", "__MACOSX/", "a/deeper/2.mp4", "a/notes.pdf", "b/frames/Thumbs.db",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        (["f1", "f2", "f3", "f5", "f10", "f11"], [(4, 4), (6, 9)]),
        (["f01_720p", "f02_720p", "f04_720p", "f5_720p"], [(3, 3)]),
        (["0", "1", "2"], []),
        (["f1", "f3", "f5", "f9"], [(7, 7)]),
        (["a1", "a2", "b7", "b8", "b10"], [(9, 9)]),
        (["t1690000000123", "t1690000004711", "t1690009999999", "t1700000000000"], []),
        (["1_1", "2_7"], []),
        (["one", "two"], []),
        (["7"], []),
        ([], []),
    ],
)
def test_numbers_that_are_missing_are_found(names: list[str], missing: list[tuple[int, int]]) -> None:
    assert gaps([Path(f"{name}.png") for name in names]) == missing
