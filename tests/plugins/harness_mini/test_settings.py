"""Textures and settings of `mini`: deterministic, and apart between the splits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from harness_mini.classes import CLASS_NAMES, CLASSES
from harness_mini.plan import CLIPS_PER_CLASS, generator, jobs
from harness_mini.props import PROPS
from harness_mini.settings import RANGES, draw_setting
from harness_mini.texture import FAMILIES, draw


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_textures_come_out_the_same_and_have_a_pattern(family: str) -> None:
    first, second = (
        draw(family, 8, ((0.2, 0.2, 0.3), (0.8, 0.7, 0.6)), np.random.default_rng(5), 64) for _ in range(2)
    )
    assert first.shape == (64, 64, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, second)
    assert first.std(axis=(0, 1)).min() > 10


@pytest.mark.parametrize("field", ["azimuths", "heights", "distances", "hues"])
def test_the_splits_share_no_range(field: str) -> None:
    for train, test in itertools.product(getattr(RANGES["train"], field), getattr(RANGES["test"], field)):
        assert train[1] <= test[0] or test[1] <= train[0]


def test_the_splits_share_no_pattern_size() -> None:
    assert not set(RANGES["train"].cells) & set(RANGES["test"].cells)


@pytest.mark.parametrize("split", ["train", "test"])
def test_settings_stay_in_their_ranges_and_repeat(split: str) -> None:
    for number in range(5):
        one, same = (draw_setting(split, generator(0, f"{split} {number}")) for _ in range(2))
        assert np.array_equal(one.wall, same.wall)
        assert np.array_equal(one.floor, same.floor)
        assert (one.azimuth, one.light, one.distance) == (same.azimuth, same.light, same.distance)
        for value, field in ((one.azimuth, "azimuths"), (one.height, "heights"), (one.distance, "distances")):
            assert any(low <= value <= high for low, high in getattr(RANGES[split], field))


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_plan_is_balanced_and_its_groups_are_shared(split: str) -> None:
    plan = jobs(split, seed=0)
    assert plan == jobs(split, seed=0)
    assert len({job.id for job in plan}) == len(plan) == CLIPS_PER_CLASS[split] * len(CLASSES)
    assert set(np.bincount([job.label for job in plan])) == {CLIPS_PER_CLASS[split]}
    by_group: dict[str, set[int]] = {}
    for job in plan:
        by_group.setdefault(job.group, set()).add(job.label)
    assert all(len(labels) >= 4 for labels in by_group.values())


def test_classes_are_well_formed() -> None:
    assert len(set(CLASS_NAMES)) == len(CLASS_NAMES)
    assert 10 <= len(CLASS_NAMES) <= 12
    for action in CLASSES:
        assert action.prop is None or action.prop in PROPS
        assert 0 < action.cover[0] <= action.cover[1] <= 1
