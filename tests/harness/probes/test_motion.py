"""tOF against the authors' steps, and the temporal profile against numpy."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest

from harness.probes.motion import FlowDifference, ProfileDifference
from harness.video.frames import to_uint8
from harness_basicsr import compat as compat  # mends basicsr before it is imported

from basicsr.utils.color_util import rgb2ycbcr  # isort: skip

Make = Callable[..., Any]


def flows(frames: np.ndarray) -> np.ndarray:
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    found = [
        cv2.calcOpticalFlowFarneback(
            a, b, None, pyr_scale=0.5, levels=3, winsize=15, iterations=3, poly_n=5, poly_sigma=1.2, flags=0
        )
        for a, b in pairwise(grey)
    ]
    return np.stack(found)


def test_tof_is_that_of_the_authors_on_whole_frames(restored: Make) -> None:
    sample = restored()
    difference = flows(to_uint8(sample.sr_frames)) - flows(to_uint8(sample.hr_frames))
    expected = np.sqrt((difference**2).sum(-1)).mean()
    assert expected > 0.05
    assert FlowDifference(scale=4).measure(sample).numbers == {"tof": pytest.approx(expected, rel=1e-5)}


def test_the_profile_is_compared_along_time_over_all_rows(restored: Make) -> None:
    sample = restored()
    sr, hr = (
        np.stack([rgb2ycbcr(frame, y_only=True) for frame in frames.permute(0, 2, 3, 1).numpy()]) * 255
        for frames in (sample.sr_frames, sample.hr_frames)
    )
    rows = [np.abs(np.diff(sr[:, y], axis=0) - np.diff(hr[:, y], axis=0)).mean() for y in range(sr.shape[1])]
    found = ProfileDifference(scale=4).measure(sample).numbers
    assert found == {"temporal_profile": pytest.approx(np.mean(rows), abs=1e-3)}


@pytest.mark.parametrize("probe", [FlowDifference, ProfileDifference])
def test_the_ceiling_has_none_and_a_constant_offset_is_no_change(restored: Make, probe: Callable[..., Any]) -> None:
    made = probe(scale=4)
    assert made.measure(restored("hr")).numbers == {made.key: 0}
    assert made.measure(restored(frames=1)).numbers == {made.key: None}
    sample = restored("hr")
    sample.hr_frames = (sample.hr_frames * 0.5 * 255).round() / 255
    sample.sr_frames = sample.hr_frames + 10 / 255
    assert made.measure(sample).numbers[made.key] == pytest.approx(0, abs=0.02)


def test_only_wanted_frames_are_looked_at(restored: Make) -> None:
    sample, probe = restored(frames=9), ProfileDifference(scale=4, samples=2)
    assert probe.wants(9).frames == (2, 3, 6, 7) and probe.wants(1).frames == ()
    probe.measure(sample)
    assert sample.asked_frames == {2, 3, 6, 7}
