"""The probe passes on the time and frames of the sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.contracts import Wants
from harness.probes.speed import Speed


def test_wants_nothing_and_passes_on_time_and_frames(restored: Callable[..., Any]) -> None:
    sample = restored(frames=2)
    assert Speed(scale=4).wants(30) == Wants()
    assert Speed(scale=4).measure(sample).numbers == {"restore_seconds": 0.25, "restored_frames": 7}
    assert not sample.asked_frames and not sample.asked_pairs
