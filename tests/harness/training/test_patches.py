from __future__ import annotations

import numpy as np
import pytest
import torch

from harness.errors import UsageError
from harness.training.patches import WAYS, crop, random_place, turned, turned_flow
from harness.video.warp import warp

LOW = torch.arange(3 * 7 * 9, dtype=torch.float32).reshape(3, 7, 9)


def test_the_eight_ways_differ() -> None:
    assert len({tuple(turned(crop(LOW, 1, 2, 5), way).flatten().tolist()) for way in range(WAYS)}) == 8


def test_all_places_are_drawn() -> None:
    rng = np.random.default_rng(0)
    drawn = {random_place(7, 9, 5, rng) for _ in range(500)}
    assert drawn == {(top, left) for top in range(3) for left in range(5)}


def test_a_patch_that_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="patch of 8 pixels does not fit in a frame of 9x7"):
        random_place(7, 9, 8, np.random.default_rng(0))


@pytest.mark.parametrize("way", range(WAYS))
def test_flow_turns_with_the_picture(way: int) -> None:
    """Warping the turned picture along the turned flow is the turned warped picture."""
    generator = torch.Generator().manual_seed(1)
    picture = torch.rand(1, 1, 12, 12, generator=generator)
    flow = torch.rand(2, 12, 12, generator=generator) * 4 - 2
    expected = turned(warp(picture, flow[None]), way)
    found = warp(turned(picture, way), turned_flow(flow, way)[None])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
