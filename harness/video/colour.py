"""RGB and YCbCr of ITU-R BT.601 in studio range, as MATLAB's ``rgb2ycbcr`` scales them."""

from __future__ import annotations

import torch
from torch import Tensor

from harness.transfer import to_device

RGB_TO_YCBCR = (
    (65.481, 128.553, 24.966),
    (-37.797, -74.203, 112.0),
    (112.0, -93.786, -18.214),
)
OFFSET = (16.0, 128.0, 128.0)


def rgb_to_ycbcr(rgb: Tensor) -> Tensor:
    """``(N, 3, H, W)`` RGB in [0, 1] to Y in [16, 235] / 255 and Cb, Cr in [16, 240] / 255, unrounded."""
    matrix, offset = (to_device(each, rgb.device) for each in _constants(rgb.dtype))
    return torch.einsum("ij,njhw->nihw", matrix, rgb) + offset


def ycbcr_to_rgb(ycbcr: Tensor) -> Tensor:
    """The inverse of `rgb_to_ycbcr`; values may leave [0, 1]."""
    matrix, offset = _constants(ycbcr.dtype)
    inverse, offset = (to_device(each, ycbcr.device) for each in (torch.linalg.inv(matrix), offset))
    return torch.einsum("ij,njhw->nihw", inverse, ycbcr - offset)


def luma(rgb: Tensor) -> Tensor:
    """``(N, 3, H, W)`` RGB in [0, 1] to Y ``(N, 1, H, W)`` in [16, 235] / 255."""
    return rgb_to_ycbcr(rgb)[:, :1]


def _constants(dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Matrix and offset, in memory."""
    matrix, offset = (torch.tensor(each, dtype=dtype) / 255 for each in (RGB_TO_YCBCR, OFFSET))
    return matrix, offset.view(1, 3, 1, 1)
