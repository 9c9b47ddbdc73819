"""The motion-weighted pixel loss of SoSR, registered with BasicSR under its class name."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from harness.errors import UsageError
from harness_basicsr import compat  # noqa: F401  (before basicsr)

from basicsr.utils.registry import LOSS_REGISTRY  # isort: skip

VARIANTS = ("paper", "normalised", "released-l1", "released-l2")


@LOSS_REGISTRY.register()
class WeightedMSELoss(nn.Module):
    """Squared error weighted by how far each pixel moves: WMSE.

    Takes restored and HR frames ``(N, C, H, W)`` and the length of the HR flow ``(N, 1, H, W)`` in pixels. Variants:

    - ``paper``: equation 1, sum over channels, times the weight, mean over all pixels. Still pixels do not
      count, and fast motion makes the loss large.
    - ``normalised``: the same, divided by the mean weight, so that its magnitude is that of an unweighted loss.
    - ``released-l2``, ``released-l1``: what the authors' code computes: frames are multiplied by the weight before
      BasicSR's mean squared (absolute) difference over pixels and channels, so that the weight counts squared (once).

    BasicSR's own weighted ``MSELoss`` divides by the sum of the weights, which none of these does.
    Source: Zhang, Liu, Xiong, Two-Stream Action Recognition-Oriented Video Super-Resolution, ICCV 2019.
    Raises `UsageError` for an unknown variant.
    """

    def __init__(self, loss_weight: float = 1.0, variant: str = "paper") -> None:
        super().__init__()
        if variant not in VARIANTS:
            raise UsageError(f"WeightedMSELoss has no variant {variant!r}; known: {', '.join(VARIANTS)}")
        self.loss_weight = loss_weight
        self.variant = variant

    def forward(self, pred: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        return self.loss_weight * self._unscaled(pred - target, weight)

    def _unscaled(self, error: Tensor, weight: Tensor) -> Tensor:
        if self.variant == "released-l1":
            return (error * weight).abs().mean()
        if self.variant == "released-l2":
            return (error * weight).square().mean()
        weighted = (error.square().sum(dim=1, keepdim=True) * weight).mean()
        if self.variant == "normalised":
            # the mean weight of a batch without motion is 0
            return weighted / weight.mean().clamp_min(torch.finfo(weight.dtype).eps)
        return weighted
