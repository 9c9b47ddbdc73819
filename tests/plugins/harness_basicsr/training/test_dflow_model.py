"""DFlow's training: its terms, both variants of the warped frames, and a batch that is learnt."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from harness.errors import UsageError
from harness.video.imresize import imresize
from harness_basicsr.networks.dflow_arch import Carried
from harness_basicsr.training.dflow_model import FIXED, RELEASED, warped_frames

from basicsr.models import build_model  # isort: skip


def built(**train: Any) -> Any:
    torch.manual_seed(0)
    return build_model(
        {
            "model_type": "DFlowModel", "is_train": True, "dist": False, "num_gpu": 0, "rank": 0, "scale": 4,
            "path": {}, "network_g": {"type": "DFlow", "num_feat": 4, "num_block": 1},
            "train": {
                "pixel_opt": {"type": "CharbonnierLoss", "loss_weight": 1.0, "reduction": "mean"},
                "optim_g": {"type": "Adam", "lr": 1e-3}, "scheduler": {"type": "MultiStepLR", "milestones": []},
                **train,
            },
        }
    )  # fmt: skip


def drifting(frames: int = 4, speed: int = 2) -> Tensor:
    """Smooth random pictures whose content moves left by `speed` pixels a frame: ``(1, frames, 3, 16, 20)``."""
    coarse = torch.rand(1, 3, 4, 12, generator=torch.Generator().manual_seed(3))
    wide = imresize(coarse, 4.0).clamp(0, 1)
    return torch.stack([wide[..., speed * t : speed * t + 20] for t in range(frames)], dim=1)


def flows(frames: int, x: float, start: int) -> Carried:
    flow = torch.zeros(1, 2, 16, 20)
    flow[:, 0] = x
    return Carried([], [None if n == start else flow for n in range(frames)])


def test_fixed_pulls_each_frame_out_of_the_one_visited_before_and_released_goes_the_other_way() -> None:
    lq, inner = drifting(), (..., slice(4, 16))
    forward, backward = flows(4, -2.0, 0), flows(4, 2.0, 3)  # frame i is frame i - 1 at p + 2, frame i + 1 at p - 2
    right = warped_frames(lq, flows(4, 2.0, 0), flows(4, -2.0, 3), FIXED)
    for warped in right:
        torch.testing.assert_close(warped[inner], lq[inner], atol=1e-5, rtol=0)
    for warped in warped_frames(lq, forward, backward, RELEASED):
        torch.testing.assert_close(warped[inner], lq[inner], atol=1e-5, rtol=0)
    for warped in warped_frames(lq, forward, backward, FIXED):
        assert (warped - lq)[inner].abs().max() > 0.05


@pytest.mark.parametrize(("variant", "forward", "backward"), [(FIXED, 0, 3), (RELEASED, 3, 0)])
def test_a_frame_that_nothing_is_pulled_onto_stands_for_itself(variant: str, forward: int, backward: int) -> None:
    lq = drifting()
    for number, warped in zip(
        (forward, backward), warped_frames(lq, flows(4, 9.0, 0), flows(4, 9.0, 3), variant), strict=True
    ):
        equal = [torch.equal(warped[:, n], lq[:, n]) for n in range(4)]
        assert equal == [n == number for n in range(4)]


def test_a_fixed_batch_is_learnt_and_its_terms_are_logged() -> None:
    model, hr = built(warp_weight=0.1, mirrored=True), imresize(drifting()[0], 4.0)[None].clamp(0, 1)
    model.feed_data({"lq": drifting(), "gt": hr})
    losses = []
    for iteration in range(1, 13):
        model.optimize_parameters(iteration)
        losses.append(sum(model.get_current_log().values()))
    assert losses[-1] < 0.9 * losses[0]
    assert set(model.get_current_log()) == {"l_pix", "l_forward", "l_backward"}


def test_mirrored_clips_give_the_loss_of_clips_that_come_mirrored_and_are_not_validated_so() -> None:
    lq, hr = drifting(2), imresize(drifting(2)[0], 4.0)[None].clamp(0, 1)
    logs = []
    for clips, mirrored in (((lq, hr), True), (tuple(torch.cat([x, x.flip(1)], dim=1) for x in (lq, hr)), False)):
        model = built(mirrored=mirrored)
        model.feed_data(dict(zip(("lq", "gt"), clips, strict=True)))
        assert model.lq.shape == clips[0].shape
        model.optimize_parameters(1)
        logs.append(model.get_current_log())
    assert logs[0] == pytest.approx(logs[1])


def test_without_a_warp_weight_the_pixel_loss_is_alone_and_an_unknown_variant_is_refused() -> None:
    model = built(warp_weight=0)
    model.feed_data({"lq": drifting(2), "gt": imresize(drifting(2)[0], 4.0)[None]})
    model.optimize_parameters(1)
    assert set(model.get_current_log()) == {"l_pix"}
    with pytest.raises(UsageError, match="no variant 'mine'; known: released, fixed"):
        built(variant="mine")
