"""ToSR's loss against OpenCV's remap and a direct computation."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from harness.errors import UsageError
from harness_tosr.losses import ToSRLoss

from basicsr.losses import build_loss  # isort: skip


def example(channels: int = 3) -> tuple[Tensor, Tensor, Tensor]:
    """SR and HR pairs ``(2, 2, C, 9, 11)`` and a flow that leaves the frame here and there."""
    generator = torch.Generator().manual_seed(0)
    sr, hr = torch.rand(2, 2, 2, channels, 9, 11, generator=generator)
    return sr, hr, torch.randn(2, 2, 9, 11, generator=generator) * 3


def remapped(frame: Tensor, flow: Tensor) -> np.ndarray:
    """A frame ``(C, H, W)`` pulled back along ``(2, H, W)`` by OpenCV, the border repeated."""
    ys, xs = np.mgrid[: frame.shape[1], : frame.shape[2]].astype(np.float32)
    u, v = flow.numpy()
    planes = [cv2.remap(c.numpy(), xs + u, ys + v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for c in frame]
    return np.stack(planes)


def huber(error: np.ndarray) -> np.ndarray:
    size = np.abs(error)
    return np.where(size < 0.01, 0.5 * size**2, 0.01 * (size - 0.005))


@pytest.mark.parametrize(
    ("options", "penalty", "weights"),
    [
        ({}, np.square, (1.0, 0.8, 0.1)),
        ({"sr_weight": 1.0, "warp_sr_weight": 1.0, "warp_hr_weight": 1.0, "penalty": "huber"}, huber, (1.0, 1.0, 1.0)),
    ],
    ids=["paper", "released"],
)
@pytest.mark.parametrize("occlusion", [False, True, "signed"])
def test_terms_equal_a_direct_computation(options: dict, penalty, weights, occlusion: bool | str) -> None:  # type: ignore[no-untyped-def, type-arg]
    sr, hr, flow = example()
    wanted = np.zeros(3)
    for n in range(2):
        warped = remapped(sr[n, 1], flow[n])
        difference = hr[n, 0].numpy() - remapped(hr[n, 1], flow[n])
        distance = difference.sum(0) ** 2 if occlusion == "signed" else (difference**2).sum(0)
        mask = np.exp(-50 * distance) if occlusion else np.ones_like(distance)
        inside, outside = (mask, 1) if occlusion == "signed" else (1, mask)
        wanted[0] += sum(penalty((sr[n, t] - hr[n, t]).numpy()).mean() for t in range(2))
        wanted[1] += (outside * penalty(inside * (sr[n, 0].numpy() - warped))).mean()
        wanted[2] += (outside * penalty(inside * (hr[n, 0].numpy() - warped))).mean()
    found = ToSRLoss(**options, occlusion=occlusion)(sr, hr, flow)
    assert list(found) == ["l_sr", "l_warp_sr", "l_warp_hr"]
    # OpenCV interpolates with weights of 1/32
    np.testing.assert_allclose([float(v) for v in found.values()], weights * wanted / 2, rtol=0.02)


def test_still_frames_are_consistent_on_every_pixel() -> None:
    sr, hr, _ = example(channels=1)
    still = torch.stack([sr[:, 0], sr[:, 0]], dim=1)
    found = ToSRLoss()(still, hr, torch.zeros(2, 2, 9, 11))
    assert float(found["l_warp_sr"]) == 0.0
    assert float(found["l_sr"]) > 0.0


def test_both_frames_learn_from_the_warp_terms() -> None:
    sr, hr, flow = example()
    sr.requires_grad_()
    found = ToSRLoss(sr_weight=0.0)(sr, hr, flow)
    (gradient,) = torch.autograd.grad(found["l_warp_sr"], sr, retain_graph=True)
    assert gradient[:, 0].abs().sum() > 0
    assert gradient[:, 1].abs().sum() > 0
    (gradient,) = torch.autograd.grad(found["l_warp_hr"], sr)
    assert gradient[:, 0].abs().sum() == 0
    assert gradient[:, 1].abs().sum() > 0


def test_basicsr_builds_it_and_knows_its_penalties() -> None:
    assert build_loss({"type": "ToSRLoss", "warp_sr_weight": 0.5}).weights == (1.0, 0.5, 0.1)
    with pytest.raises(UsageError, match="no penalty 'l1'; known: mse, huber"):
        ToSRLoss(penalty="l1")
