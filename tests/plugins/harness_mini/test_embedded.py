"""The test split of `mini` that ships with the project is complete."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path

import pytest

import harness_mini
from harness_mini import encode
from harness_mini.build import HEADER
from harness_mini.classes import CLASS_NAMES

DATA = Path(next(iter(harness_mini.__path__))) / "data"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with (DATA / "test.csv").open(newline="") as file:
        reader = csv.DictReader(file)
        assert tuple(reader.fieldnames or ()) == HEADER
        return list(reader)


def test_class_names_are_those_of_the_program() -> None:
    assert tuple((DATA / "classes.txt").read_text().split()) == CLASS_NAMES


def test_the_annotation_is_sound(rows: list[dict[str, str]]) -> None:
    assert len({row["id"] for row in rows}) == len(rows)
    counts = Counter(int(row["label"]) for row in rows)
    assert set(counts) == set(range(len(CLASS_NAMES)))
    assert min(counts.values()) >= 10
    assert all(row["path"] == f"test/{row['id']}.mp4" for row in rows)
    assert all(row["id"].startswith(CLASS_NAMES[int(row["label"])]) for row in rows)


def test_groups_are_shared_by_several_classes(rows: list[dict[str, str]]) -> None:
    labels = defaultdict(set)
    for row in rows:
        labels[row["group"]].add(row["label"])
    assert len(labels) >= 20
    assert all(len(found) >= 4 for found in labels.values())


def test_every_clip_decodes_to_its_frames(rows: list[dict[str, str]]) -> None:
    for row in rows:
        frames = encode.read(DATA / row["path"])
        assert frames.shape == (int(row["num_frames"]), 112, 112, 3), row["id"]
        assert 16 <= len(frames) <= 24


def test_no_stray_files_and_not_too_big(rows: list[dict[str, str]]) -> None:
    files = {f"test/{path.name}" for path in (DATA / "test").iterdir()}
    assert files == {row["path"] for row in rows}
    assert sum((DATA / path).stat().st_size for path in files) < 18e6
    assert "pybullet_data" in (DATA / "card.md").read_text()
