"""The losses of SR4IR on single frames; the perceptual one is known to BasicSR's registry by its class name.

Source: Kim et al., Beyond Image Super-Resolution for Image Recognition with Task-Driven Perceptual Loss, CVPR 2024.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, l1_loss

from harness.contracts import JudgingStream
from harness_basicsr import compat  # noqa: F401  (before basicsr)
from harness_basicsr.training.judging import current_judge

from basicsr.utils.registry import LOSS_REGISTRY  # isort: skip

CELLS = 4
"""Cells of a mixing mask along either side."""


def shown_to(judge: JudgingStream, frames: Tensor) -> Tensor:
    """Square crops of frames ``(N, [T,] C, H, H)`` at the judge's input size, ``(N [* T], 3, S, S)``.

    Bilinear; one channel is treated as grey.
    """
    single = frames.flatten(0, -4).expand(-1, 3, -1, -1)
    size = (judge.input_size, judge.input_size)
    return single if single.shape[-2:] == size else interpolate(single, size, mode="bilinear", align_corners=False)


def mixed(sr: Tensor, hr: Tensor, mask: Tensor) -> Tensor:
    """CQMix: restored frames ``(N, 3, H, W)`` where the mask ``(N, 1, h, w)``, enlarged by nearest, is 1, else HR."""
    large = interpolate(mask, sr.shape[-2:], mode="nearest")
    return sr * large + hr * (1 - large)


def random_mask(count: int, like: Tensor) -> Tensor:
    """Masks of fair coins, one an image: ``(count, 1, 4, 4)`` of 0 and 1, of torch's own generator."""
    return torch.bernoulli(torch.full((count, 1, CELLS, CELLS), 0.5)).to(like)


@LOSS_REGISTRY.register()
class TaskDrivenPerceptualLoss(nn.Module):
    """Mean absolute difference of what a recogniser's last stage makes of restored and of HR frames.

    Returns it and None (no style), as BasicSR's perceptual loss does. The recogniser is the recipe's `judge`; its
    parameters get no gradient.
    """

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, x: Tensor, gt: Tensor) -> tuple[Tensor, None]:
        judge = current_judge().stream
        with torch.no_grad():
            wanted = judge.features(shown_to(judge, gt))
        found = judge.features(shown_to(judge, x))
        return self.loss_weight * l1_loss(found, wanted), None
