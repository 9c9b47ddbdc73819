"""Frames are sampled as by OpenCV's `remap`, or as by its CUDA code."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch

from harness_optical_flow.tvl1.warp import pull_sharp, pull_soft, slopes


def test_pulling_is_opencvs_remap_inside_at_the_border_and_far_away() -> None:
    planes = torch.rand(2, 3, 21, 34) * 255
    flow = torch.randn(2, 2, 21, 34) * 4
    flow[1, :, 5] += 1e4
    y, x = np.mgrid[:21, :34].astype(np.float32)
    found = pull_sharp(planes, flow)
    for pair in range(2):
        u, v = flow[pair].numpy()
        for channel in range(3):
            expected = cv2.remap(planes[pair, channel].numpy(), x + u, y + v, cv2.INTER_CUBIC)
            np.testing.assert_allclose(found[pair, channel].numpy(), expected, atol=1e-2)


def test_the_soft_kernel_keeps_parabolas_and_repeats_the_border() -> None:
    """Keys' kernel with a = -1/2 reproduces polynomials of the second degree."""
    y, x = torch.meshgrid(torch.arange(20.0), torch.arange(30.0), indexing="ij")
    u, v = 0.37, -1.81
    flow = torch.tensor([u, v]).view(1, 2, 1, 1).expand(1, 2, 20, 30)

    def parabola(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return 0.3 * x * x - 0.2 * y * y + x - 3

    found = pull_soft(parabola(x, y)[None, None], flow)[0, 0]
    inner = (slice(4, -4), slice(4, -4))
    assert torch.allclose(found[inner], parabola(x + u, y + v)[inner], atol=1e-3)
    far = pull_soft(x[None, None], torch.full((1, 2, 20, 30), 100.0))
    assert torch.allclose(far, torch.full_like(far, 29.0), atol=1e-4)


@pytest.mark.parametrize("pull", [pull_sharp, pull_soft])
def test_no_flow_changes_nothing(pull: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> None:
    planes = torch.rand(1, 3, 9, 7)
    assert torch.allclose(pull(planes, torch.zeros(1, 2, 9, 7)), planes, atol=1e-5)


def test_slopes_are_half_of_the_difference_also_at_the_border() -> None:
    frame = torch.tensor([[1.0, 3.0, 9.0], [2.0, 2.0, 2.0]])[None, None]
    across, down = slopes(frame)
    assert across[0, 0].tolist() == [[1.0, 4.0, 3.0], [0.0, 0.0, 0.0]]
    assert down[0, 0].tolist() == [[0.5, -0.5, -3.5], [0.5, -0.5, -3.5]]
