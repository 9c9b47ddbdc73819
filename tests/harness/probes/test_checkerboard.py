"""The grid that enlarging leaves, against the spectrum that is expected of a known pattern."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from harness.probes.checkerboard import Checkerboard, peaks
from harness.video.imresize import imresize

Make = Callable[..., Any]
SIDE, SIGMA = 96, 5.0


def noise(count: int) -> list[Tensor]:
    torch.manual_seed(0)
    return list(SIGMA * torch.randn(count, SIDE, SIDE, dtype=torch.float64))


@pytest.mark.parametrize(("rows", "columns", "kind"), [(4, 0, (1, 0)), (0, 2, (2, 0)), (4, 4, (1, 1)), (2, 4, (2, 1))])
def test_a_pattern_stands_out_as_far_as_it_should(rows: int, columns: int, kind: tuple[int, int]) -> None:
    """The peak of a wave of amplitude a has the power (a N^2 / 8)^2 in its middle, and a quarter of it on average."""
    places = torch.arange(SIDE, dtype=torch.float64)
    phase = torch.zeros(SIDE, SIDE, dtype=torch.float64)
    phase += 2 * math.pi * places[:, None] / rows if rows else 0
    phase += 2 * math.pi * places / columns if columns else 0
    found = peaks([frame + 2 * torch.cos(phase) for frame in noise(40)], 4)
    # both ends of a frequency count, and a frequency of half a cycle a pixel is its own other end
    alone = (rows, columns) in ((2, 0), (0, 2), (2, 2))
    wave = (2 * SIDE**2 / (4 if alone else 8)) ** 2 * (1.5 / 3) ** 2
    hit = wave / (SIGMA**2 * SIDE**2 * (3 / 8) ** 2)
    members = {(1, 0): 4, (2, 0): 2, (1, 1): 4, (2, 1): 4}[kind]
    share = (1 if alone else 2) / members
    assert found[kind] == pytest.approx(10 * math.log10(1 + share * hit), abs=0.7)
    assert all(abs(value) < 1 for other, value in found.items() if other != kind)


def test_hr_is_0_and_bicubic_leaves_no_grid(restored: Make) -> None:
    sample = restored()
    probe = Checkerboard(scale=4)
    sample.sr_frames = sample.hr_frames
    assert probe.measure(sample).numbers == {"checkerboard": 0}
    small = imresize(sample.hr_frames, 0.25)
    sample.sr_frames = imresize(small, 4.0).clamp(0, 1)
    assert probe.measure(sample).numbers["checkerboard"] < 3


def test_pixels_that_are_shuffled_unlike_leave_one(restored: Make) -> None:
    sample = restored()
    small = imresize(sample.hr_frames, 0.25)
    torch.manual_seed(0)
    spread = nn.Sequential(nn.Conv2d(3, 48, 3, padding=1), nn.PixelShuffle(4))
    with torch.no_grad():
        sample.sr_frames = (imresize(small, 4.0) + 0.1 * spread(small)).clamp(0, 1)
    assert Checkerboard(scale=4).measure(sample).numbers["checkerboard"] > 10
