"""Warping error and flicker against scipy's interpolation and plain loops, and on clips with known values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates

from harness.contracts import Probe
from harness.probes import temporal
from harness.probes.temporal import TemporalConsistency

Make = Callable[..., Any]


def pulled_back(image: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """`image` (C, H, W) at p + flow(p), bilinear, the border repeated."""
    rows, columns = np.mgrid[: image.shape[1], : image.shape[2]].astype(float)
    where = [rows + flow[1], columns + flow[0]]
    return np.stack([map_coordinates(channel, where, order=1, mode="nearest") for channel in image])


def seen(forward: np.ndarray, backward: np.ndarray) -> np.ndarray:
    back = pulled_back(backward, forward)
    rows, columns = np.mgrid[: forward.shape[1], : forward.shape[2]]
    x, y = columns + forward[0], rows + forward[1]
    inside = (x >= 0) & (x <= forward.shape[2] - 1) & (y >= 0) & (y <= forward.shape[1] - 1)
    gap = ((forward + back) ** 2).sum(0)
    return inside & (gap < 0.01 * ((forward**2).sum(0) + (back**2).sum(0)) + 0.5)


def expected(sample: Any, pairs: list[tuple[int, int]]) -> tuple[float, float]:
    errors, flickers = [], []
    for a, b in pairs:
        flow, back = (sample.hr_flow([p])[0].numpy().astype(float) for p in ((a, b), (b, a)))
        mask = seen(flow, back)
        assert 0.5 < mask.mean() < 1, "the scene must have hidden pixels, or this test proves little"
        change = {}
        for name, frames in (("sr", sample.sr_frames), ("hr", sample.hr_frames)):
            levels = 255 * frames.numpy().astype(float)
            change[name] = (levels[a] - pulled_back(levels[b], flow))[:, mask]
        errors.append(np.mean(change["sr"] ** 2))
        flickers.append(np.mean(np.maximum(np.abs(change["sr"]) - np.abs(change["hr"]), 0)))
    return float(np.mean(errors)), float(np.mean(flickers))


def test_agrees_with_a_direct_computation(restored: Make) -> None:
    sample = restored(frames=4)
    probe: Probe = TemporalConsistency(scale=4)
    numbers = probe.measure(sample).numbers
    warp_error, flicker = expected(sample, [(0, 1), (1, 2), (2, 3)])
    assert numbers == pytest.approx({"warp_error": warp_error, "flicker": flicker}, rel=2e-3)
    assert warp_error > 1 and flicker > 0.01


def test_ceiling_does_not_flicker_but_has_a_warping_error(restored: Make) -> None:
    numbers = TemporalConsistency(scale=4).measure(restored("hr")).numbers
    assert numbers["flicker"] == 0 and numbers["warp_error"] > 0


def still(sample: Any) -> Any:
    """The same clip with the first frame repeated and no motion."""
    sample.hr_frames = sample.hr_frames[:1].expand_as(sample.hr_frames).clone()
    sample.sr_frames = sample.hr_frames.clone()
    sample.hr_flow = lambda pairs: torch.zeros(len(pairs), 2, *sample.hr_frames.shape[-2:])
    return sample


def test_a_still_clip_has_the_flicker_put_into_it(restored: Make) -> None:
    """Every second frame is 2 grey levels off: 2 levels of flicker, 4 squared levels of warping error."""
    sample = still(restored(frames=4))
    assert TemporalConsistency(4).measure(sample).numbers == pytest.approx({"warp_error": 0, "flicker": 0}, abs=1e-6)
    sample.sr_frames[1::2] -= 2 / 255
    assert TemporalConsistency(4).measure(sample).numbers == pytest.approx({"warp_error": 4, "flicker": 2}, rel=1e-4)


def test_blur_does_not_count_as_flicker_but_noise_does(restored: Make) -> None:
    blurred, noisy = restored(), restored("hr")
    noise = torch.randn(noisy.sr_frames.shape, generator=torch.Generator().manual_seed(0))
    noisy.sr_frames = (noisy.hr_frames + noise * 8 / 255).clamp(0, 1)
    found = [TemporalConsistency(4).measure(sample).numbers for sample in (blurred, noisy)]
    assert found[1]["flicker"] > 2 * found[0]["flicker"] and found[1]["warp_error"] > found[0]["warp_error"]


def test_asks_only_for_the_pairs_it_wants_in_both_directions(restored: Make) -> None:
    sample = restored(frames=6)
    probe = TemporalConsistency(scale=4, samples=2)
    wants = probe.wants(6)
    assert wants.pairs == ((1, 2), (3, 4), (2, 1), (4, 3)) and wants.all_frames() == {1, 2, 3, 4}
    probe.measure(sample)
    assert sample.asked_pairs == set(wants.pairs) and sample.asked_frames == wants.all_frames()


def test_clip_of_one_frame_is_undefined(restored: Make) -> None:
    assert TemporalConsistency(4).wants(1).pairs == ()
    assert TemporalConsistency(4).measure(restored(frames=1)).numbers == {"warp_error": None, "flicker": None}


def test_pairs_without_a_visible_pixel_are_left_out(restored: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = still(restored(frames=3))
    sample.sr_frames[1] -= 2 / 255
    still_flow = sample.hr_flow

    def everything_leaves_after_frame_1(pairs: Any) -> torch.Tensor:
        flow: torch.Tensor = still_flow(pairs)
        flow[[i for i, pair in enumerate(pairs) if 2 in pair]] = 500
        return flow

    monkeypatch.setattr(sample, "hr_flow", everything_leaves_after_frame_1)
    assert TemporalConsistency(4).measure(sample).numbers == pytest.approx({"warp_error": 4, "flicker": 2}, rel=1e-4)
    monkeypatch.setattr(sample, "hr_flow", lambda pairs: torch.full_like(still_flow(pairs), 500))
    assert TemporalConsistency(4).measure(sample).numbers == {"warp_error": None, "flicker": None}


def test_long_clips_cut_into_blocks_give_the_same_numbers(restored: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = restored()
    whole = TemporalConsistency(4).measure(sample).numbers
    monkeypatch.setattr(temporal, "BLOCK_PIXELS", {"cpu": 2 * 64 * 72})
    # not exactly, because the last bits of OpenCV's flow depend on where in memory the frames are
    assert TemporalConsistency(4).measure(sample).numbers == pytest.approx(whole, rel=1e-4)
