"""The second camera of mini-2 is offered where its split was built, of the same seed, and nowhere else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.datasets.annotated import AnnotatedDataset
from harness.paths import package_path
from harness_mini.dataset import EMBEDDED, SEED, Mini

FOLDER = package_path(EMBEDDED)


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What `harness datasets build mini-2 --split test-right` leaves, of three clips, in the default folder."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    folder = tmp_path / "datasets" / "mini-2"
    (folder / "test-right").mkdir(parents=True)
    shutil.copy(FOLDER / "classes.txt", folder)
    header, *rows = (FOLDER / "test.csv").read_text().splitlines()[:4]
    (folder / "test-right.csv").write_text("\n".join([header, *rows]).replace(",test/", ",test-right/") + "\n")
    for row in rows:
        shutil.copy(FOLDER / row.split(",")[1], folder / "test-right")
    (folder / "seed.txt").write_text(f"{SEED}\n")
    return folder


def test_clips_have_the_second_view_of_their_id_where_it_was_built(built: Path) -> None:
    dataset = Mini()
    first, *others = dataset.clips("test")
    assert first.second_view is not None and first.second_view.id == first.id
    assert first.second_view.path == built / "test-right" / first.path.name
    assert dataset.open(first.second_view).num_frames == dataset.open(first).num_frames
    assert [clip.second_view is not None for clip in others] == [True, True] + [False] * (len(others) - 2)
    assert all(clip.second_view is None for clip in dataset.clips("test-right"))


def test_the_camera_of_another_seed_is_not_that_of_the_embedded_clips(built: Path) -> None:
    (built / "seed.txt").write_text(f"{SEED + 1}\n")
    assert all(clip.second_view is None for clip in Mini().clips("test"))


def test_without_the_split_there_are_no_second_views(built: Path) -> None:
    shutil.rmtree(built)
    assert Mini().clips("test") == AnnotatedDataset(FOLDER, "mini-2").clips("test")


def test_a_folder_of_the_users_own_offers_both_cameras(built: Path) -> None:
    """Rendered in one call, from any seed."""
    (built / "seed.txt").write_text("7\n")
    (built / "test.csv").write_text((built / "test-right.csv").read_text())
    assert [clip.second_view is not None for clip in Mini(root=built).clips("test")] == [True] * 3
