"""SVSRNet's consistency loss against a direct computation, its two masks, and ToSR's loss with its terms in time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates
from torch import Tensor

from harness.errors import UsageError
from harness_basicsr.training.losses.consistency import TERMS, StereoConsistencyLoss, shared
from harness_tosr.losses import ToSRLoss

from basicsr.losses import build_loss  # isort: skip

PAIRS = [  # target and source, each (view, time): as in the authors' training, in their order but for the views'
    ((0, 1), (0, 0)), ((0, 2), (0, 1)), ((1, 1), (1, 0)), ((1, 2), (1, 1)),
    ((0, 0), (1, 0)), ((0, 1), (1, 1)), ((0, 2), (1, 2)),
    ((0, 1), (1, 0)), ((0, 1), (1, 2)), ((1, 1), (0, 0)), ((1, 1), (0, 2)),
]  # fmt: skip


def example() -> tuple[Tensor, Tensor, Tensor]:
    """Restored and HR frames that are alike enough for the mask to be neither 0 nor 1, and flow that leaves them."""
    generator = torch.Generator().manual_seed(0)
    flat = torch.rand(2, 1, 1, 3, 1, 1, generator=generator, dtype=torch.double)
    sr, hr = (flat + 0.1 * torch.randn(2, 2, 3, 3, 9, 11, generator=generator, dtype=torch.double) for _ in range(2))
    return sr, hr, 2 * torch.randn(2, 11, 2, 9, 11, generator=generator, dtype=torch.double)


def pulled(frame: Tensor, flow: Tensor) -> np.ndarray:
    """A frame ``(C, H, W)`` pulled back along ``(2, H, W)``, the border repeated."""
    rows, columns = np.mgrid[: frame.shape[1], : frame.shape[2]]
    places = [rows + flow[1].numpy(), columns + flow[0].numpy()]
    return np.stack([map_coordinates(plane.numpy(), places, order=1, mode="nearest") for plane in frame])


@pytest.mark.parametrize("squared", [False, True])
def test_the_loss_is_the_sum_of_eleven_masked_errors(squared: bool) -> None:
    sr, hr, flow = example()
    wanted = 0.0
    for number, (target, source) in enumerate(PAIRS):
        for n in range(2):
            difference = hr[n][target].numpy() - pulled(hr[n][source], flow[n, number])
            mask = np.exp(-50 * ((difference**2).sum(0) if squared else difference.sum(0) ** 2))
            error = sr[n][target].numpy() * mask - pulled(sr[n][source], flow[n, number]) * mask
            wanted += 0.001 * (error**2).mean() / 2
    loss = build_loss({"type": "StereoConsistencyLoss", "squared": squared})
    assert float(loss(sr, hr, flow)) == pytest.approx(wanted, rel=1e-6) and wanted > 0
    assert list(TERMS) == PAIRS


def test_opposite_differences_cancel_each_other_in_the_published_mask_alone() -> None:
    target = torch.zeros(1, 3, 1, 2)
    warped = torch.tensor([[0.3, -0.3, 0.0], [0.1, 0.1, 0.1]]).T.reshape(1, 3, 1, 2)
    expected = torch.exp(-50 * torch.tensor([[0.0, 0.09], [0.18, 0.03]]))
    torch.testing.assert_close(shared(target, warped).flatten(), expected[0])
    torch.testing.assert_close(shared(target, warped, squared=True).flatten(), expected[1])


def test_the_gradient_reaches_every_restored_frame() -> None:
    sr, hr, flow = example()
    sr.requires_grad_()
    StereoConsistencyLoss()(sr, hr, flow).backward()
    assert sr.grad is not None and (sr.grad.abs().amax(dim=(0, 3, 4, 5)) > 0).all()


def test_one_view_has_the_terms_in_time_as_a_variant_of_tosr() -> None:
    sr, hr, flow = example()
    of_pair = StereoConsistencyLoss().term(sr[:, 0, 1], hr[:, 0, 1], sr[:, 0, 0], hr[:, 0, 0], flow[:, 0])
    later_first = [frames[:, 0, [1, 0]] for frames in (sr, hr)]
    found = ToSRLoss(warp_sr_weight=1.0, occlusion="signed")(*later_first, flow[:, 0])
    torch.testing.assert_close(found["l_warp_sr"], of_pair)
    with pytest.raises(UsageError, match="no occlusion 'hard'; known: false, true, signed"):
        ToSRLoss(occlusion="hard")
