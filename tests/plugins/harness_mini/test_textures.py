"""What the places of `mini-2` are made of, who films there, and which clips there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import numpy as np
import pytest

from harness_mini import fronts, surfaces
from harness_mini.classes import CLASS_NAMES, CLASSES
from harness_mini.plan import CLIPS_PER_CLASS, generator, jobs
from harness_mini.props import PROPS
from harness_mini.setting import draw_camera
from harness_mini.surfaces import Surface
from harness_mini.texture import CLOTHS, Rng, cloth

KINDS = (surfaces.paint, surfaces.mural, surfaces.wallpaper, surfaces.blocks, surfaces.planks, surfaces.carpet,
         surfaces.tiles, surfaces.lawn, surfaces.paving, surfaces.foliage, fronts.books, fronts.doors,
         fronts.painting, fronts.window, fronts.crown)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.__name__))
def test_surfaces_come_out_the_same_and_have_a_pattern(kind: Callable[[Rng], Surface]) -> None:
    first, second = (kind(np.random.default_rng(5)).picture for _ in range(2))
    assert first.shape[:2] == (512, 512) and first.dtype == np.uint8
    assert np.array_equal(first, second)
    assert first.std(axis=(0, 1)).min() > 4


@pytest.mark.parametrize("kind", sorted(CLOTHS))
def test_cloths_tile(kind: str) -> None:
    picture = cloth(kind, 2, ((0.2, 0.2, 0.3), (0.8, 0.7, 0.6)), np.random.default_rng(5)).astype(int)
    steps = np.abs(np.diff(picture, axis=0)).max()
    assert steps > 1
    assert np.abs(picture[0] - picture[-1]).max() <= steps
    assert np.abs(picture[:, 0] - picture[:, -1]).max() <= np.abs(np.diff(picture, axis=1)).max()


@pytest.mark.parametrize(("split", "share", "most"), [("train", 0.5, 1.6), ("test", 0.35, 1.3)])
def test_cameras_differ_and_some_are_out_of_focus(split: str, share: float, most: float) -> None:
    cameras = [draw_camera(split, generator(0, f"camera {number}")) for number in range(300)]
    soft = [camera.blur for camera in cameras if camera.blur > 0]
    assert len(soft) / len(cameras) == pytest.approx(share, abs=0.08)
    assert min(soft) >= 0.3 and most - 0.1 < max(soft) <= most
    for field in ("aperture", "shutter", "gain", "noise", "crf"):
        assert len({getattr(camera, field) for camera in cameras}) > 5


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_plan_is_balanced_and_its_groups_are_shared(split: str) -> None:
    plan = jobs(split, seed=0)
    assert plan == jobs(split, seed=0)
    assert len({job.id for job in plan}) == len(plan) == CLIPS_PER_CLASS[split] * len(CLASSES)
    assert set(np.bincount([job.label for job in plan])) == {CLIPS_PER_CLASS[split]}
    by_group = defaultdict(list)
    for job in plan:
        by_group[job.group].append(job.label)
    assert all(len(labels) == len(set(labels)) == 6 for labels in by_group.values())


def test_the_splits_share_no_group_and_the_second_camera_shares_all() -> None:
    train, test, right = (jobs(split, seed=0) for split in ("train", "test", "test-right"))
    assert not {job.group for job in train} & {job.group for job in test}
    assert [(job.id, job.group, job.label) for job in right] == [(job.id, job.group, job.label) for job in test]
    assert not {job.path for job in right} & {job.path for job in test}


def test_classes_are_well_formed() -> None:
    assert len(set(CLASS_NAMES)) == len(CLASS_NAMES)
    assert 10 <= len(CLASS_NAMES) <= 12
    for action in CLASSES:
        assert action.prop is None or action.prop in PROPS
        assert 0 < action.cover[0] <= action.cover[1] <= 1
