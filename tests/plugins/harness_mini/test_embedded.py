"""The test split that ships with the project is complete, and looks natural."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict

import numpy as np
import pytest
from harness_benchmarks import natural

from harness.paths import package_path
from harness.planning.benchmark import load_benchmark
from harness_mini import encode
from harness_mini.build import HEADER
from harness_mini.classes import CLASS_NAMES
from harness_mini.dataset import EMBEDDED

DATA = package_path(EMBEDDED)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with (DATA / "test.csv").open(newline="") as file:
        reader = csv.DictReader(file)
        assert tuple(reader.fieldnames or ()) == HEADER
        return list(reader)


@pytest.fixture(scope="module")
def sample(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """A clip of every group."""
    mixed = [rows[index] for index in np.random.default_rng(0).permutation(len(rows))]
    return list({row["group"]: row for row in mixed}.values())


def test_the_annotation_is_sound_and_names_the_files_that_are_there(rows: list[dict[str, str]]) -> None:
    assert tuple((DATA / "classes.txt").read_text().split()) == CLASS_NAMES
    assert len({row["id"] for row in rows}) == len(rows)
    assert all(row["path"] == f"test/{row['id']}.mp4" for row in rows)
    assert all(row["id"].startswith(CLASS_NAMES[int(row["label"])]) for row in rows)
    assert {f"test/{path.name}" for path in (DATA / "test").iterdir()} == {row["path"] for row in rows}
    assert sum(path.stat().st_size for path in (DATA / "test").iterdir()) <= 30e6
    assert "pybullet_data" in (DATA / "card.md").read_text()


def test_there_are_enough_clips_to_tell_methods_apart(rows: list[dict[str, str]]) -> None:
    labels = defaultdict(list)
    for row in rows:
        labels[row["group"]].append(row["label"])
    assert len(rows) >= 480 and len(labels) >= 80
    assert set(Counter(row["label"] for row in rows).values()) == {len(rows) // len(CLASS_NAMES)}
    assert all(len(set(found)) == len(found) for found in labels.values()), "a group has a class once"


def test_clips_decode_to_their_frames(sample: list[dict[str, str]]) -> None:
    for row in sample[::4]:
        frames = encode.read(DATA / row["path"])
        assert frames.shape == (int(row["num_frames"]), 176, 176, 3), row["id"]
        assert 16 <= len(frames) <= 22


def test_clips_have_the_statistics_of_real_video(sample: list[dict[str, str]]) -> None:
    flow = natural.benchmark_flow()
    # two frames from the middle of each, for the clips of a group are alike and so are the frames of a clip
    found = natural.mean(natural.measure(encode.read(DATA / row["path"])[8:10], flow) for row in sample)
    assert -3.4 <= found.slope <= -2.6
    assert found.above <= 0.18
    assert 25.5 <= found.psnr <= 28.5
    assert found.hr_warp <= 1.5 * found.bicubic_warp


def test_the_flow_that_is_measured_with_is_the_benchmarks() -> None:
    assert load_benchmark("mini-2").flow == natural.FLOW
