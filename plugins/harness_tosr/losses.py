"""The loss of ToSR on pairs of consecutive frames, registered with BasicSR under its class name."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import huber_loss

from harness.errors import UsageError
from harness.video.warp import warp
from harness_basicsr import compat  # noqa: F401  (before basicsr)

from basicsr.utils.registry import LOSS_REGISTRY  # isort: skip

HUBER_DELTA = 0.01
OCCLUSION_SHARPNESS = 50.0
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
    `penalty` ``huber`` (threshold 0.01) and all weights 1. With `occlusion` the warp terms are weighted by
    exp(-50 d^2), d^2 being the squared difference, summed over channels, of the HR first frame and the warped HR
    second frame, so that what the second frame does not show does not count (the mask of SVSRNet, ACM MM 2021).
    Source: Zhang, Liu, Xiong, Two-Stream Action Recognition-Oriented Video Super-Resolution, ICCV 2019.
    Raises `UsageError` for an unknown penalty.
    """

    def __init__(
        self,
        sr_weight: float = 1.0,
        warp_sr_weight: float = 0.8,
        warp_hr_weight: float = 0.1,
        penalty: str = "mse",
        occlusion: bool = False,
    ) -> None:
        super().__init__()
        if penalty not in PENALTIES:
            raise UsageError(f"ToSRLoss has no penalty {penalty!r}; known: {', '.join(PENALTIES)}")
        self.weights = (sr_weight, warp_sr_weight, warp_hr_weight)
        self.penalty = PENALTIES[penalty]
        self.occlusion = occlusion

    def forward(self, sr: Tensor, hr: Tensor, flow: Tensor) -> dict[str, Tensor]:
        """The weighted terms. `sr` and `hr` are ``(N, 2, C, H, W)``, `flow` of the HR frames ``(N, 2, H, W)``."""
        warped = warp(sr[:, 1], flow)
        mask = self._mask(hr, flow) if self.occlusion else torch.ones_like(flow[:, :1])
        fidelity = self.penalty(sr[:, 0] - hr[:, 0]).mean() + self.penalty(sr[:, 1] - hr[:, 1]).mean()
        terms = (
            fidelity,
            (mask * self.penalty(sr[:, 0] - warped)).mean(),
            (mask * self.penalty(hr[:, 0] - warped)).mean(),
        )
        weighted = (weight * term for weight, term in zip(self.weights, terms, strict=True))
        return dict(zip(("l_sr", "l_warp_sr", "l_warp_hr"), weighted, strict=True))

    @staticmethod
    def _mask(hr: Tensor, flow: Tensor) -> Tensor:
        distance = (hr[:, 0] - warp(hr[:, 1], flow)).square().sum(dim=1, keepdim=True)
        return torch.exp(-OCCLUSION_SHARPNESS * distance)
