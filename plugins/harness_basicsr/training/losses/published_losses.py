"""What published trainings need and BasicSR lacks, known to its registries by class name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import huber_loss

from harness_basicsr import compat  # noqa: F401  (before basicsr)

from basicsr.losses.basic_loss import PerceptualLoss  # isort: skip
from basicsr.models.sr_model import SRModel  # isort: skip
from basicsr.utils.registry import LOSS_REGISTRY, MODEL_REGISTRY  # isort: skip


@LOSS_REGISTRY.register()
class HuberLoss(nn.Module):
    """Mean over all numbers of e^2 / 2 where the error e is below `delta`, of delta (|e| - delta / 2) elsewhere.

    With delta 0.01 the loss of DUF. Source: Jo et al., CVPR 2018.
    """

    def __init__(self, delta: float = 0.01, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.delta, self.loss_weight = delta, loss_weight

    def forward(self, pred: Tensor, target: Tensor) -> Tensor:
        return self.loss_weight * huber_loss(pred, target, delta=self.delta)


@LOSS_REGISTRY.register()
class SquaredPerceptualLoss(PerceptualLoss):  # type: ignore[misc]  # basicsr is untyped
    """BasicSR's perceptual loss with squared differences, as in SRGAN; its own ``criterion: l2`` names a class of torch
    that does not exist.
    """

    def __init__(self, layer_weights: Mapping[str, float], **options: Any) -> None:
        super().__init__(layer_weights, criterion="l1", **options)
        self.criterion = nn.MSELoss()


@MODEL_REGISTRY.register()
class ClippedSGDModel(SRModel):  # type: ignore[misc]  # basicsr is untyped
    """Stochastic gradient descent, every number of the gradient held within +-`clip_gradient` / learning rate.

    Section ``train`` has ``clip_gradient``, and ``optim_g`` of ``type: SGD``. Source: Kim, Lee, Lee: Accurate Image
    Super-Resolution Using Very Deep Convolutional Networks, CVPR 2016 ("adjustable gradient clipping").
    """

    def get_optimizer(
        self, optim_type: str, params: Iterable[nn.Parameter], lr: float, **kwargs: Any
    ) -> torch.optim.Optimizer:
        """As BasicSR's, which knows Adam only."""
        if optim_type != "SGD":
            found: torch.optim.Optimizer = super().get_optimizer(optim_type, params, lr, **kwargs)
            return found
        return torch.optim.SGD(params, lr, **kwargs)

    def optimize_parameters(self, current_iter: int) -> None:
        hook = self.optimizer_g.register_step_pre_hook(self._clip)
        try:
            super().optimize_parameters(current_iter)
        finally:
            hook.remove()

    def _clip(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        bound = float(self.opt["train"]["clip_gradient"])
        for group in optimizer.param_groups:
            nn.utils.clip_grad_value_(group["params"], bound / group["lr"])
