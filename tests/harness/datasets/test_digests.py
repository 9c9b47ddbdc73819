from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from harness.contracts import Clip
from harness.datasets import digests
from harness.datasets.digests import split_digest


@pytest.fixture(autouse=True)
def own_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))


def clips(folder: Path, contents: list[bytes]) -> list[Clip]:
    folder.mkdir(exist_ok=True)
    for index, content in enumerate(contents):
        (folder / f"{index}.mp4").write_bytes(content)
    return [Clip(str(index), folder / f"{index}.mp4", 0, "g") for index in range(len(contents))]


def test_content_counts_and_place_does_not(tmp_path: Path) -> None:
    here = split_digest(clips(tmp_path / "a", [b"one", b"two"]))
    assert split_digest(clips(tmp_path / "b", [b"one", b"two"])) == here
    assert split_digest(list(reversed(clips(tmp_path / "b", [b"one", b"two"])))) == here
    assert split_digest(clips(tmp_path / "b", [b"one", b"owt"])) != here


def frames(folder: Path, names: list[str]) -> Clip:
    folder.mkdir()
    for index, name in enumerate(names):
        cv2.imwrite(str(folder / name), np.full((4, 4, 3), index * 20, np.uint8))
    return Clip("c", folder, 0, "g")


def test_order_and_names_of_raw_frames_count(tmp_path: Path) -> None:
    found = {
        split_digest([frames(tmp_path / "a", ["1.png", "2.png", "10.png"])]),
        split_digest([frames(tmp_path / "b", ["1.png", "10.png", "2.png"])]),
        split_digest([frames(tmp_path / "c", ["1.png", "2.png", "3.png"])]),
    }
    assert len(found) == 3


def test_what_systems_leave_in_a_folder_of_frames_does_not_count(tmp_path: Path) -> None:
    clip = frames(tmp_path / "a", ["1.png", "2.png"])
    before = split_digest([clip])
    for name in (".DS_Store", "Thumbs.db", "._1.png"):
        (tmp_path / "a" / name).write_bytes(b"left")
    assert split_digest([clip]) == before


@pytest.mark.skipif(sys.platform == "darwin", reason="names are UTF-8 there")
def test_names_of_frames_need_not_be_utf_8(tmp_path: Path) -> None:
    clip = frames(tmp_path / "a", ["1.png"])
    before = split_digest([clip])
    (tmp_path / "a" / "1.png").rename(os.fsdecode(os.fsencode(tmp_path) + b"/a/caf\xe9.png"))
    assert split_digest([clip]) == split_digest([clip]) != before


def test_a_file_is_read_once_as_long_as_it_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    true_sha256 = digests.sha256
    monkeypatch.setattr(digests, "sha256", lambda path: read.append(path.name) or true_sha256(path))
    given = clips(tmp_path / "a", [b"one", b"two"])
    first = split_digest(given)
    assert split_digest(given) == first and read == ["0.mp4", "1.mp4"]
    time.sleep(0.01)
    given[1].path.write_bytes(b"owt")  # the same size
    assert split_digest(given) != first and read == ["0.mp4", "1.mp4", "1.mp4"]


def test_a_memory_that_cannot_be_used_costs_nothing_but_time(tmp_path: Path) -> None:
    given = clips(tmp_path / "a", [b"one"])
    first = split_digest(given)
    (tmp_path / "home" / "digests.sqlite").write_bytes(b"this is no database, but text" * 100)
    assert split_digest(given) == first
    (tmp_path / "home" / "digests.sqlite").unlink()
    (tmp_path / "home" / "digests.sqlite").mkdir()
    assert split_digest(given) == first


def test_the_second_look_at_ten_thousand_clips_takes_less_than_three_seconds(tmp_path: Path) -> None:
    given = clips(tmp_path / "many", [b"clip %d" % index for index in range(10_000)])
    first = split_digest(given)
    before = time.process_time()
    assert split_digest(given) == first
    assert time.process_time() - before < 3


def test_progress_is_reported_for_much_to_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []
    given = clips(tmp_path / "a", [b"one", b"two"])
    split_digest(given, lambda done, total: seen.append((done, total)))
    assert seen == []
    monkeypatch.setattr(digests, "WORTH_SHOWING", 3)
    for clip in given:
        os.utime(clip.path, ns=(1, 1))
    split_digest(given, lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]
