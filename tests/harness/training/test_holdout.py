from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.contracts import Clip
from harness.errors import UsageError
from harness.training.holdout import hold_out, some_clips, whole_groups


def test_clips_that_share_a_group_with_a_held_out_clip_are_not_trained_on() -> None:
    clips = [Clip(f"c{i}", Path(), i % 3, f"g{i // 4}") for i in range(24)]
    roles = hold_out(clips, some_clips(clips, 3, seed=1))
    held = [clip for clip in clips if roles.get(clip.id) == "validate"]
    trained = [clip for clip in clips if roles.get(clip.id) == "train"]
    assert len(held) == 3
    assert {clip.label for clip in held} == {0, 1, 2}
    assert {clip.group for clip in held}.isdisjoint(clip.group for clip in trained)
    assert len(trained) == 24 - 4 * len({clip.group for clip in held})


def test_holding_out_everything_is_refused() -> None:
    clips = [Clip(f"c{i}", Path(), 0, "one") for i in range(4)]
    with pytest.raises(UsageError, match="leaves none of 4 to train on"):
        hold_out(clips, some_clips(clips, 1, seed=0))


def test_whole_groups_are_held_out_at_random_and_the_same_for_the_same_seed() -> None:
    clips = [Clip(f"c{i}", Path(), i % 3, f"g{i // 4}") for i in range(40)]
    held = whole_groups(clips, 0.3, seed=0)
    # the selection that the cards of the shipped recognisers tell of
    expected = np.random.default_rng(0).permutation(sorted({clip.group for clip in clips}))[:3]
    assert {clip.group for clip in held} == set(expected) and len(held) == 12
    roles = hold_out(clips, held)
    assert list(roles.values()).count("train") == 28 and list(roles.values()).count("validate") == 12
    assert whole_groups(clips, 0.0, seed=0) == []
