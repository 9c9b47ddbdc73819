"""The forward splat against a direct loop, and the properties it must have."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import Tensor

from harness_basicsr.networks.splat import splat


def looped(values: Tensor, flow: Tensor, scale: int) -> Tensor:
    """The definition, pixel by pixel: every pixel against every fine pixel near where it lands."""
    batch, channels, rows, columns = values.shape
    fine = torch.zeros(batch, channels, scale * rows, scale * columns, dtype=values.dtype)
    for n, c, i, j in itertools.product(*map(range, values.shape)):
        x = scale * (j + float(flow[n, 0, i, j]))
        y = scale * (i + float(flow[n, 1, i, j]))
        for row, column in itertools.product(*(range(math.floor(z) - 1, math.floor(z) + 3) for z in (y, x))):
            if 0 <= row < scale * rows and 0 <= column < scale * columns:
                share = max(0.0, 1 - abs(x - column)) * max(0.0, 1 - abs(y - row))
                fine[n, c, row, column] += share * values[n, c, i, j]
    return fine


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_splat_equals_the_loop(scale: int) -> None:
    values, flow = drawn(2, 3, 4, 5), 1.5 * drawn(2, 2, 4, 5, seed=1)  # some leave the frame on every side
    torch.testing.assert_close(splat(values, flow, scale), looped(values, flow, scale), atol=1e-12, rtol=0)


def test_its_gradients_are_right() -> None:
    values, flow = drawn(2, 2, 3, 4).requires_grad_(), drawn(2, 2, 3, 4, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda v, f: splat(v, f, 4), (values, flow))


def test_without_flow_every_pixel_is_at_its_multiple_of_the_scale() -> None:
    values = drawn(1, 2, 5, 6)
    fine = splat(values, torch.zeros(1, 2, 5, 6, dtype=torch.float64), 4)
    torch.testing.assert_close(fine[..., ::4, ::4], values, atol=0, rtol=0)
    assert torch.count_nonzero(fine) == values.numel()


def test_pixels_that_meet_are_summed_and_nothing_is_lost_inside() -> None:
    values = drawn(1, 1, 6, 6).abs()
    flow = 0.9 * (torch.rand(1, 2, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(2)) - 0.5)
    flow[..., 0, :], flow[..., 5, :], flow[..., :, 0], flow[..., :, 5] = 0, 0, 0, 0
    torch.testing.assert_close(splat(values, flow, 4).sum(), values.sum())
    meeting = torch.zeros(1, 2, 1, 3, dtype=torch.float64)
    meeting[0, 0, 0] = torch.tensor([1.0, 0.0, -1.0])
    fine = splat(torch.ones(1, 1, 1, 3, dtype=torch.float64), meeting, 2)
    assert fine[0, 0].tolist() == [[0, 0, 3, 0, 0, 0], [0] * 6]


def test_shares_outside_the_grid_are_dropped() -> None:
    values = torch.ones(1, 1, 2, 2)
    assert splat(values, torch.full((1, 2, 2, 2), 50.0), 4).count_nonzero() == 0
    half = torch.zeros(1, 2, 2, 2)
    half[:, 0] = -0.125  # at scale 4, half of the first column's share is outside
    assert splat(values, half, 4).sum().item() == 3.0


def test_flow_in_half_precision_lands_where_it_says() -> None:
    """Half precision has no number for pixel 301: places are computed in single precision."""
    values, flow = torch.rand(1, 1, 2, 150), torch.full((1, 2, 2, 150), 0.5, dtype=torch.bfloat16)
    assert torch.equal(splat(values, flow, 2), splat(values, flow.float(), 2))
