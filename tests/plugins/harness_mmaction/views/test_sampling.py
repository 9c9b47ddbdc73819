"""Sampling against the original's golden values and against MMAction2's own transform."""

from __future__ import annotations

import numpy as np
import pytest

from harness_mmaction.compat import prepare
from harness_mmaction.views.sampling import frames, mmaction_runs, pairs, tsn_runs


def ticks(count: int, stack: int) -> list[int]:
    """First positions of the 25 runs, counted from 1 as the original does."""
    return [run[0] + 1 for run in tsn_runs(count, 25, stack)]


def test_runs_start_where_the_original_starts() -> None:
    assert ticks(100, 1) == list(range(1, 98, 4))
    assert ticks(100, 5) == list(range(1, 74, 3))
    assert ticks(20, 1) == [1] * 25
    assert ticks(3, 5) == [1] * 25


def test_original_runs_repeat_the_last_position() -> None:
    assert tsn_runs(3, 1, 5) == [[0, 1, 2, 2, 2]]
    assert tsn_runs(100, 25, 5)[-1] == [72, 73, 74, 75, 76]


@pytest.mark.parametrize("length", [1, 5])
@pytest.mark.parametrize("segments", [1, 3, 8, 25])
def test_mmaction_runs_are_those_of_sample_frames(length: int, segments: int) -> None:
    prepare()
    from mmaction.datasets.transforms import SampleFrames

    transform = SampleFrames(clip_len=length, frame_interval=1, num_clips=segments, test_mode=True)
    for count in [*range(1, 40), 97, 100, 299]:
        expected = transform.transform({"total_frames": count, "start_index": 0})["frame_inds"]
        assert np.concatenate(mmaction_runs(count, segments, length)).tolist() == expected.tolist(), count


@pytest.mark.parametrize("sampling", [mmaction_runs, tsn_runs])
def test_short_clips_stay_inside(sampling) -> None:  # type: ignore[no-untyped-def]
    for num_frames in range(1, 9):
        assert set(frames(sampling, num_frames, 8)) <= set(range(num_frames))
        found = pairs(sampling, num_frames, 8, 5)
        assert len(found) == 40
        if num_frames > 1:
            assert {(i, i + 1) for i in range(num_frames - 1)} >= set(found)


def test_a_single_frame_is_paired_with_itself() -> None:
    assert pairs(tsn_runs, 1, 2, 5) == [(0, 0)] * 10
