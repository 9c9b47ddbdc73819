"""The probe passes on the time, frames and cost of the sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.contracts import Cost, Wants
from harness.probes.speed import Speed


def test_wants_nothing_and_passes_on_time_frames_and_cost(restored: Callable[..., Any]) -> None:
    sample = restored(frames=2)
    assert Speed(scale=4).wants(30) == Wants()
    timed = {"restore_seconds": 0.25, "restored_frames": 7}
    assert Speed(scale=4).measure(sample).numbers == {**timed, "gmacs": None, "peak_mib": None}
    sample.cost = Cost(multiply_adds=2.5e9, peak_bytes=3 << 20)
    assert Speed(scale=4).measure(sample).numbers == {**timed, "gmacs": 2.5, "peak_mib": 3.0}
    assert not sample.asked_frames and not sample.asked_pairs
