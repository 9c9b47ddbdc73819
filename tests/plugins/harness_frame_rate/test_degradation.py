"""Frames that are kept are those of the full rate bit for bit, blended ones their means, and times say when."""

from __future__ import annotations

import numpy as np
import pytest

from harness.checks import check_degradation, require
from harness.contracts import SlowDegradation
from harness.errors import UsageError
from harness.planning.building import Given, build
from harness.planning.resolving import resolve_part
from harness.registry import registry
from harness.specs import DegradationSpec
from harness_frame_rate.degradation import FrameRate

CLIP = np.random.default_rng(0).integers(0, 256, (7, 6, 8, 3), dtype=np.uint8)


def built(text: str) -> SlowDegradation:
    found: SlowDegradation = build(resolve_part(DegradationSpec, text, registry()), Given())
    return found


@pytest.mark.parametrize(("keep", "kept"), [(2, [0, 2, 4, 6]), (4, [0, 4]), (9, [0])])
def test_every_so_many_th_frame_stays_as_it_is(keep: int, kept: list[int]) -> None:
    found = built(f"frame_rate:keep={keep},scale=4")
    assert np.array_equal(list(found.recode(iter(CLIP), 25.0)), CLIP[kept])
    assert list(found.times(7)) == kept


def test_a_long_exposure_is_the_mean_of_its_interval_at_its_middle() -> None:
    found = built("frame_rate:keep=4,blend=true")
    means = [np.rint(CLIP[:4].astype(float).mean(0)), np.rint(CLIP[4:].astype(float).mean(0))]
    assert np.array_equal(list(found.recode(iter(CLIP), 25.0)), means)
    assert list(found.times(7)) == [1.5, 5.0] and list(found.times(1)) == [0.0]


@pytest.mark.parametrize("blend", [False, True])
@pytest.mark.parametrize("keep", [2, 3])
def test_it_keeps_the_contract(keep: int, blend: bool) -> None:
    require(check_degradation(FrameRate(4, keep, blend), scale=4, drops_frames=True))


def test_a_rate_that_stays_is_refused() -> None:
    with pytest.raises(UsageError, match=r"keep=1: expected 2 \(half the rate\) or more"):
        built("frame_rate:keep=1")
