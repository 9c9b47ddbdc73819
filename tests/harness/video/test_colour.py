from __future__ import annotations

import numpy as np
import torch
from skimage.color import rgb2ycbcr

from harness.video.colour import luma, rgb_to_ycbcr, ycbcr_to_rgb

RGB = torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(0))


def test_ycbcr_is_scikit_images() -> None:
    expected = rgb2ycbcr(RGB.permute(0, 2, 3, 1).double().numpy()) / 255
    np.testing.assert_allclose(rgb_to_ycbcr(RGB).permute(0, 2, 3, 1).numpy(), expected, atol=1e-6)
    torch.testing.assert_close(luma(RGB), rgb_to_ycbcr(RGB)[:, :1])


def test_black_and_white_are_the_ends_of_the_studio_range() -> None:
    ends = torch.stack([torch.zeros(3, 1, 1), torch.ones(3, 1, 1)])
    torch.testing.assert_close(luma(ends).flatten() * 255, torch.tensor([16.0, 235.0]))


def test_ycbcr_to_rgb_is_the_inverse() -> None:
    torch.testing.assert_close(ycbcr_to_rgb(rgb_to_ycbcr(RGB)), RGB, atol=1e-6, rtol=0)
