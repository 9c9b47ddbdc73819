"""Flow levels against known values of the TSN protocol."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from harness.video.flow_input import mirror, quantise, stacks


def flow_of(*values: float) -> torch.Tensor:
    return torch.tensor(values).view(1, 1, 1, -1).expand(1, 2, 1, -1)


@pytest.mark.parametrize("bound", [1.0, 5.0, 20.0])
def test_zero_and_bounds_become_levels_128_0_and_255(bound: float) -> None:
    levels = quantise(flow_of(-bound, 0, bound, -9 * bound, 9 * bound), bound)
    assert levels[0, 0, 0].tolist() == levels[0, 1, 0].tolist() == [0, 128, 255, 0, 255]
    assert levels.dtype == torch.float32


def test_levels_agree_with_cvround_as_used_by_dense_flow() -> None:
    values = np.linspace(-25, 25, 4000, dtype=np.float32)  # none of them half-way between two levels
    expected = np.rint(255 * (values.clip(-20, 20).astype(float) + 20) / 40)
    levels = quantise(torch.from_numpy(values).view(1, 1, 1, -1).expand(1, 2, 1, -1), 20)
    assert np.array_equal(levels[0, 0, 0].numpy(), expected)
    assert len(np.unique(expected)) == 256


def test_bound_must_be_positive() -> None:
    with pytest.raises(ValueError, match="must be a positive number of pixels"):
        quantise(flow_of(0.0), 0)


def test_mirror_inverts_only_x_and_undoes_itself() -> None:
    levels = torch.arange(2 * 2 * 3 * 4).view(2, 2, 3, 4).float()
    turned = mirror(levels)
    assert torch.equal(turned[:, 0], 255 - levels[:, 0].flip(-1))
    assert torch.equal(turned[:, 1], levels[:, 1].flip(-1))
    assert torch.equal(mirror(turned), levels)


def test_mirror_is_the_flow_of_the_mirrored_video() -> None:
    rng = np.random.default_rng(0)
    image = cv2.GaussianBlur(rng.random((64, 80)).astype(np.float32), (0, 0), 2)
    image = cv2.normalize(image, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    first, second = image[5:55, 5:65], image[4:54, 3:63]  # content moves right by 2 and down by 1
    estimate = cv2.FarnebackOpticalFlow.create()

    def levels(a: np.ndarray, b: np.ndarray) -> torch.Tensor:
        flow = estimate.calc(np.ascontiguousarray(a), np.ascontiguousarray(b), None)
        return quantise(torch.from_numpy(flow).permute(2, 0, 1)[None], 5)

    straight, of_mirrored = levels(first, second), levels(first[:, ::-1], second[:, ::-1])
    inner = (..., slice(10, -10), slice(10, -10))
    assert float(straight[:, 0][inner].mean()) > 170 and float(straight[:, 1][inner].mean()) > 140
    assert float((mirror(straight) - of_mirrored)[inner].abs().mean()) < 1


def test_stacks_interleave_x_and_y() -> None:
    levels = torch.arange(10 * 2).float().view(10, 2, 1, 1).expand(10, 2, 3, 4)
    stacked = stacks(levels, 5)
    assert stacked.shape == (2, 10, 3, 4)
    assert stacked[0, :, 0, 0].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "x1, y1, x2, y2, ..."
    assert stacked[1, :, 0, 0].tolist() == [10, 11, 12, 13, 14, 15, 16, 17, 18, 19]
    assert stacks(levels[:0], 5).shape == (0, 10, 3, 4)
    with pytest.raises(ValueError, match="7 flows do not divide into stacks of 5"):
        stacks(levels[:7], 5)
