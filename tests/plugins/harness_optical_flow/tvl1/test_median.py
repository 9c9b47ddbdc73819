"""The sorting network gives the median, to the bit."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from harness_optical_flow.tvl1.median import median_filter


@pytest.mark.parametrize("size", [3, 5])
def test_medians_are_opencvs(size: int) -> None:
    planes = torch.randn(2, 2, 19, 23)
    planes[1] = planes[1].round()  # many equal values
    found = median_filter(planes, size)
    for pair in range(2):
        for channel in range(2):
            expected = cv2.medianBlur(planes[pair, channel].numpy(), size)
            np.testing.assert_array_equal(found[pair, channel].numpy(), expected)
