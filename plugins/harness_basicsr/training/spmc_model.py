"""Training of SPMC, known to BasicSR's registries as model ``SPMCModel`` and loss ``MotionLoss``.

Three stages as published (Tao et al., ICCV 2017), told apart by the section ``train``:

1. ``motion_opt: {type: MotionLoss, smoothness: 0.001}``: the motion network alone;
2. ``pixel_opt: {type: MSELoss}``, ``freeze_motion: true``: the fusion network alone;
3. ``pixel_opt`` and ``motion_opt: {type: MotionLoss, loss_weight: 0.01}``: both.

With ``pixel_opt``, ``clip_recurrent: NORM`` bounds the norm of the gradient of the ConvLSTM.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from harness.errors import UsageError
from harness.video.warp import warp
from harness_basicsr import compat  # noqa: F401  (before basicsr)
from harness_basicsr.networks import spmc_arch  # noqa: F401  (registers with basicsr)
from harness_basicsr.networks.spmc_arch import FRAMES

from basicsr.losses import build_loss  # isort: skip
from basicsr.models.sr_model import SRModel  # isort: skip
from basicsr.utils.registry import LOSS_REGISTRY, MODEL_REGISTRY  # isort: skip


@LOSS_REGISTRY.register()
class MotionLoss(nn.Module):
    """How badly flows explain frames ``(N, 3, 1, h, w)``: summed over the frames, averaged over batch and pixels.

    Of each frame, the absolute difference to the centre warped back by the frame's flow ``(N, 3, 2, h, w)`` in pixels,
    as `SPMC.flows` gives it, plus `smoothness` times the flow's total variation (anisotropic, in pixels). The published
    0.01 has no stated units; with Y in [0, 1] and flow in pixels it held the flow of 16x16 patches at zero, where 0.001
    learnt motion.
    """

    def __init__(self, smoothness: float = 0.01, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.smoothness, self.loss_weight = smoothness, loss_weight

    def forward(self, frames: Tensor, flows: Tensor) -> Tensor:
        centre = frames[:, FRAMES // 2, None].expand_as(frames)
        # Flow of frame i is the splat's, from i to the centre. Warping frame i back onto the centre would need the
        # opposite flow; warping the centre back onto frame i needs this one.
        warped = warp(centre.flatten(0, 1), flows.flatten(0, 1)).reshape(frames.shape)
        loss: Tensor = l1_loss(warped, frames) + self.smoothness * total_variation(flows)
        return self.loss_weight * FRAMES * loss


def total_variation(flows: Tensor) -> Tensor:
    """Mean over pixels of the absolute differences to the right and lower neighbour, both components summed."""
    down, right = (flows.diff(dim=dim).abs().sum() for dim in (-2, -1))
    pixels = flows.numel() // flows.shape[-3]
    return (down + right) / pixels


def step_weights(steps: int) -> list[float]:
    """The published kappa: weights of the steps' estimates, rising linearly from 0.5 to 1."""
    return torch.linspace(0.5, 1.0, steps).tolist()


@MODEL_REGISTRY.register()
class SPMCModel(SRModel):  # type: ignore[misc]  # basicsr has no types
    """Takes batches ``lq`` ``(N, 3, 1, h, w)`` and ``gt`` ``(N, 1, H, W)``, both Y; see the head of this file."""

    def init_training_settings(self) -> None:
        train = self.opt["train"]
        self.cri_motion = build_loss(train["motion_opt"]).to(self.device) if train.get("motion_opt") else None
        _check(train)
        if train.get("freeze_motion"):
            self.get_bare_model(self.net_g).motion.requires_grad_(False)
        motion_alone = not train.get("pixel_opt")
        if motion_alone:
            train["pixel_opt"] = {"type": "MSELoss"}  # SRModel refuses to be set up without
        super().init_training_settings()
        if motion_alone:
            self.cri_pix = None

    def optimize_parameters(self, current_iter: int) -> None:
        self.optimizer_g.zero_grad()
        losses = self._losses()
        torch.autograd.backward(torch.stack(list(losses.values())).sum())
        bound = self.opt["train"].get("clip_recurrent")
        if bound is not None:
            nn.utils.clip_grad_norm_(self.get_bare_model(self.net_g).fusion.recurrent.parameters(), bound)
        self.optimizer_g.step()
        self.log_dict = self.reduce_loss_dict(losses)
        if self.ema_decay > 0:
            self.model_ema(decay=self.ema_decay)

    def _losses(self) -> dict[str, Tensor]:
        network = self.get_bare_model(self.net_g)
        losses: dict[str, Tensor] = {}
        if self.cri_pix is None:
            flows = network.flows(self.lq)
        else:
            estimates, flows = network.forward_all(self.lq)
            kappas = step_weights(len(estimates))
            terms = [kappa * self.cri_pix(x, self.gt) for kappa, x in zip(kappas, estimates, strict=True)]
            losses["l_pix"] = torch.stack(terms).sum()
        if self.cri_motion is not None:
            losses["l_motion"] = self.cri_motion(self.lq, flows)
        return losses


def _check(train: Mapping[str, Any]) -> None:
    """Raises `UsageError` for a section that would train nothing."""
    if not train.get("pixel_opt") and (not train.get("motion_opt") or train.get("freeze_motion")):
        raise UsageError(
            "SPMCModel: section train has no loss to train by; give pixel_opt, or motion_opt without freeze_motion"
        )
