from __future__ import annotations

import numpy as np
import pytest
import torch

from harness.errors import UsageError
from harness.training.patches import aligned_patch

LOW = torch.arange(3 * 7 * 9, dtype=torch.float32).reshape(3, 7, 9)
HIGH = LOW.repeat_interleave(4, -1).repeat_interleave(4, -2)


def test_patches_stay_aligned_whichever_way_they_are_turned() -> None:
    for seed in range(50):
        low, high = aligned_patch(LOW, HIGH, 5, np.random.default_rng(seed))
        assert low.shape == (3, 5, 5)
        assert torch.equal(high, low.repeat_interleave(4, -1).repeat_interleave(4, -2))


def test_all_eight_ways_and_all_places_are_drawn() -> None:
    drawn = {tuple(aligned_patch(LOW, HIGH, 5, np.random.default_rng(s))[0][0].flatten().tolist()) for s in range(2000)}
    places = (7 - 5 + 1) * (9 - 5 + 1)
    assert len(drawn) == 8 * places


def test_a_patch_that_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="patch of 8 pixels does not fit in a frame of 9x7"):
        aligned_patch(LOW, HIGH, 8, np.random.default_rng(0))
