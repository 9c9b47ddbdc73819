"""End-point error against a direct computation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from harness.contracts import Probe
from harness.probes.flow_quality import FlowQuality

Make = Callable[..., Any]
ALIGNED = 1e-4
"""The last bits of OpenCV's flow depend on where in memory the frames are."""


def test_agrees_with_a_direct_loop(restored: Make) -> None:
    sample = restored(frames=4)
    probe: Probe = FlowQuality(scale=4)
    numbers = probe.measure(sample).numbers
    errors = []
    for pair in ((0, 1), (1, 2), (2, 3)):
        sr, hr = (flow([pair])[0].numpy().astype(float) for flow in (sample.sr_flow, sample.hr_flow))
        errors += [np.hypot(*difference) for difference in (sr - hr).reshape(2, -1).T]
    assert numbers["flow_epe"] == pytest.approx(np.mean(errors), rel=ALIGNED) and numbers["flow_epe"] > 0.01
    assert numbers["flow_bad1"] == pytest.approx(100 * np.mean(np.array(errors) > 1), abs=1e-6)
    assert numbers["flow_bad3"] == pytest.approx(100 * np.mean(np.array(errors) > 3), abs=1e-6)
    assert numbers["flow_bad1"] > numbers["flow_bad3"]


def test_known_errors_give_their_mean_and_shares(restored: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the pixels are off by (3, 4), a quarter by 2, the rest are right: 3 px, 75 % and 50 %."""
    sample = restored(frames=2)
    truth = torch.rand(1, 2, 4, 8, generator=torch.Generator().manual_seed(0))
    found = truth.clone()
    found[:, :, :2] += torch.tensor([3.0, 4.0]).view(2, 1, 1)
    found[:, 1, 2] -= 2
    monkeypatch.setattr(sample, "hr_flow", lambda pairs: truth)
    monkeypatch.setattr(sample, "sr_flow", lambda pairs: found)
    assert FlowQuality(4).measure(sample).numbers == pytest.approx(
        {"flow_epe": 3.0, "flow_bad1": 75.0, "flow_bad3": 50.0}, abs=1e-5
    )


def test_ceiling_has_no_error(restored: Make) -> None:
    numbers = FlowQuality(scale=4).measure(restored("hr", frames=3)).numbers
    assert numbers == {"flow_epe": 0, "flow_bad1": 0, "flow_bad3": 0}


def test_asks_only_for_the_pairs_it_wants(restored: Make) -> None:
    sample = restored(frames=6)
    probe = FlowQuality(scale=4, samples=2)
    assert probe.wants(6).pairs == ((1, 2), (3, 4)) and probe.wants(6).frames == ()
    probe.measure(sample)
    assert sample.asked_pairs == {(1, 2), (3, 4)} and not sample.asked_frames


def test_clip_of_one_frame_is_undefined(restored: Make) -> None:
    probe = FlowQuality(scale=4)
    assert probe.wants(1).pairs == ()
    assert probe.measure(restored(frames=1)).numbers == {"flow_epe": None, "flow_bad1": None, "flow_bad3": None}
