"""The loss of ToSR on pairs of consecutive frames, registered with BasicSR under its class name."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import huber_loss

from harness.errors import UsageError
from harness.video.warp import warp
from harness_basicsr import compat  # noqa: F401  (before basicsr)
from harness_basicsr.training.losses.consistency import shared

from basicsr.utils.registry import LOSS_REGISTRY  # isort: skip

HUBER_DELTA = 0.01
SIGNED = "signed"
PENALTIES: dict[str, Callable[[Tensor], Tensor]] = {
    "mse": torch.square,
    "huber": lambda error: huber_loss(error, torch.zeros_like(error), reduction="none", delta=HUBER_DELTA),
}


@LOSS_REGISTRY.register()
class ToSRLoss(nn.Module):
    """Fidelity of two consecutive frames, and consistency of the first with the second warped onto it by HR flow.

    Terms of equation 3, as means over pixels and channels: ``l_sr`` (both frames against HR), ``l_warp_sr`` (restored
    first frame against the warped restored second) and ``l_warp_hr`` (HR first frame against it). The gradient flows
    through both frames. Defaults are the paper's: squared error, weights 1, 0.8, 0.1; the authors' released code uses
    `penalty` ``huber`` (threshold 0.01) and all weights 1. With `occlusion` what the second frame does not show counts
    less in the warp terms, by a mask after SVSRNet (`harness_basicsr.training.losses.consistency.shared`): ``true``
    weights them by that of summed squares; ``signed`` is SVSRNet's loss in time, which multiplies both frames by the
    mask of the summed difference.
    Source: Zhang, Liu, Xiong, Two-Stream Action Recognition-Oriented Video Super-Resolution, ICCV 2019.
    Raises `UsageError` for an unknown penalty or occlusion.
    """

    def __init__(
        self,
        sr_weight: float = 1.0,
        warp_sr_weight: float = 0.8,
        warp_hr_weight: float = 0.1,
        penalty: str = "mse",
        occlusion: bool | str = False,
    ) -> None:
        super().__init__()
        if penalty not in PENALTIES:
            raise UsageError(f"ToSRLoss has no penalty {penalty!r}; known: {', '.join(PENALTIES)}")
        if occlusion not in (False, True, SIGNED):
            raise UsageError(f"ToSRLoss has no occlusion {occlusion!r}; known: false, true, {SIGNED}")
        self.weights = (sr_weight, warp_sr_weight, warp_hr_weight)
        self.penalty = PENALTIES[penalty]
        self.occlusion = occlusion

    def forward(self, sr: Tensor, hr: Tensor, flow: Tensor) -> dict[str, Tensor]:
        """The weighted terms. `sr` and `hr` are ``(N, 2, C, H, W)``, `flow` of the HR frames ``(N, 2, H, W)``."""
        warped = warp(sr[:, 1], flow)
        weigh = self._weighing(hr, flow)
        fidelity = self.penalty(sr[:, 0] - hr[:, 0]).mean() + self.penalty(sr[:, 1] - hr[:, 1]).mean()
        terms = (fidelity, weigh(sr[:, 0] - warped).mean(), weigh(hr[:, 0] - warped).mean())
        weighted = (weight * term for weight, term in zip(self.weights, terms, strict=True))
        return dict(zip(("l_sr", "l_warp_sr", "l_warp_hr"), weighted, strict=True))

    def _weighing(self, hr: Tensor, flow: Tensor) -> Callable[[Tensor], Tensor]:
        """The penalty of an error ``(N, C, H, W)``, less where the second frame does not show what the first does."""
        if not self.occlusion:
            return self.penalty
        signed = self.occlusion == SIGNED
        mask = shared(hr[:, 0], warp(hr[:, 1], flow), squared=not signed)
        return lambda error: self.penalty(mask * error) if signed else mask * self.penalty(error)
