"""Levels have OpenCV's sizes and pixels, on the way down and back up."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from harness_optical_flow.tvl1.pyramid import ON_THE_CORNER, pyramid, resize


@pytest.mark.parametrize(("height", "width", "levels"), [(61, 83, 5), (240, 320, 5), (20, 200, 2), (12, 14, 1)])
def test_levels_are_opencvs(height: int, width: int, levels: int) -> None:
    frames = torch.rand(2, 1, height, width) * 255
    found = pyramid(frames, 5, 0.8)
    assert len(found) == levels
    expected = frames[1, 0].numpy()
    for level in found[1:]:
        expected = cv2.resize(expected, None, fx=0.8, fy=0.8, interpolation=cv2.INTER_LINEAR)
        np.testing.assert_allclose(level[1, 0].numpy(), expected, atol=1e-2)


def test_flow_is_enlarged_as_by_opencv() -> None:
    flow = torch.rand(1, 2, 34, 45) * 8
    for channel in range(2):
        expected = cv2.resize(flow[0, channel].numpy(), (57, 43), interpolation=cv2.INTER_LINEAR)
        np.testing.assert_allclose(resize(flow, 43, 57)[0, channel].numpy(), expected, atol=1e-3)


def test_the_first_pixel_can_stay_in_place() -> None:
    """As in OpenCV's CUDA code: pixel x of a level of half the size is pixel 2x."""
    frames = torch.rand(1, 1, 64, 80)
    assert torch.equal(pyramid(frames, 2, 0.5, ON_THE_CORNER)[1], frames[..., ::2, ::2])
    flow = torch.rand(1, 2, 30, 40)
    assert torch.equal(resize(flow, 60, 80, ON_THE_CORNER)[..., ::2, ::2], flow)
