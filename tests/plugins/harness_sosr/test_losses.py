"""WMSE against a direct loop, against the reference's golden checks, and against BasicSR's own losses."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from harness.errors import UsageError
from harness_sosr.losses import WeightedMSELoss

from basicsr.losses import build_loss  # isort: skip
from basicsr.losses.basic_loss import L1Loss, MSELoss  # isort: skip


def example() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """SR, HR ``(2, 3, 5, 7)``, and the two components of the flow."""
    generator = torch.Generator().manual_seed(0)
    sr, hr = torch.rand(2, 2, 3, 5, 7, generator=generator)
    u, v = torch.randn(2, 2, 1, 5, 7, generator=generator) * 3
    return sr, hr, u, v


def test_the_loss_equals_a_direct_loop_of_equation_1() -> None:
    sr, hr, u, v = example()
    total = 0.0
    for n in range(2):
        for y in range(5):
            for x in range(7):
                squared = sum((float(hr[n, c, y, x]) - float(sr[n, c, y, x])) ** 2 for c in range(3))
                total += squared * math.hypot(float(u[n, 0, y, x]), float(v[n, 0, y, x]))
    found = WeightedMSELoss()(sr, hr, torch.hypot(u, v))
    assert float(found) == pytest.approx(total / (2 * 5 * 7), rel=1e-5)


def test_without_motion_nothing_counts() -> None:
    sr, hr, u, _ = example()
    assert float(WeightedMSELoss()(sr, hr, torch.zeros_like(u))) == 0.0
    assert float(WeightedMSELoss(variant="normalised")(sr, hr, torch.zeros_like(u))) == 0.0


def test_constant_flow_of_three_and_four_weighs_by_five() -> None:
    sr, hr, u, _ = example()
    weight = torch.hypot(torch.full_like(u, 3.0), torch.full_like(u, 4.0))
    by_channel = sum(MSELoss()(sr[:, c], hr[:, c]) for c in range(3))
    torch.testing.assert_close(WeightedMSELoss()(sr, hr, weight), 5 * by_channel)


def test_basicsrs_weighted_loss_differs() -> None:
    """It divides by the sum of the weights instead of by the number of pixels."""
    sr, hr, u, v = example()
    weight = torch.hypot(u, v)
    other = MSELoss(reduction="mean")(sr, hr, weight)
    by_pixels = weight.numel() / (weight.sum() * 3)  # times three, because it counts each channel's weight
    torch.testing.assert_close(WeightedMSELoss()(sr, hr, weight) * by_pixels, other)
    torch.testing.assert_close(WeightedMSELoss(variant="normalised")(sr, hr, weight) / 3, other)
    assert not torch.allclose(WeightedMSELoss()(sr, hr, weight), other)


def test_released_variants_are_basicsrs_losses_of_weighted_frames() -> None:
    sr, hr, u, v = example()
    weight = torch.hypot(u, v)
    for variant, reference in (("released-l1", L1Loss()), ("released-l2", MSELoss())):
        found = WeightedMSELoss(0.01, variant)(sr, hr, weight)
        torch.testing.assert_close(found, 0.01 * reference(sr * weight, hr * weight))


def test_basicsr_builds_it_and_knows_its_variants() -> None:
    assert build_loss({"type": "WeightedMSELoss", "loss_weight": 2.0, "variant": "normalised"}).loss_weight == 2.0
    with pytest.raises(UsageError, match=r"no variant 'max'; known: paper, normalised, released-l1, released-l2"):
        WeightedMSELoss(variant="max")
