"""A BasicSR model that restores consecutive frames with one network."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from harness_basicsr import compat  # noqa: F401  (before basicsr)

from basicsr.losses import build_loss  # isort: skip
from basicsr.models.sr_model import SRModel  # isort: skip
from basicsr.utils.registry import MODEL_REGISTRY  # isort: skip


@MODEL_REGISTRY.register()
class ToSRModel(SRModel):  # type: ignore[misc]  # basicsr is untyped
    """Siamese training: both frames of a pair go through the network, and `ToSRLoss` compares them.

    A batch has ``lq`` ``(N, 2, ...)``, what the network takes for each of the two frames, ``gt`` ``(N, 2, C, H, W)``
    and ``flow`` ``(N, 1, 2, H, W)``. A network that takes whole clips restores ``lq`` ``(N, T, C, h, w)`` at once, and
    the loss is the mean over its ``T - 1`` pairs of consecutive frames. The option section ``pair_opt`` names the
    loss. Validation is that of BasicSR's SRModel. Source: Zhang, Liu, Xiong, ICCV 2019.
    """

    def init_training_settings(self) -> None:
        self.pair_loss = build_loss(self.opt["train"]["pair_opt"]).to(self.device)
        # BasicSR insists on a pixel loss; the pair loss has its own
        self.opt["train"].setdefault("pixel_opt", {"type": "MSELoss", "loss_weight": 1.0, "reduction": "mean"})
        super().init_training_settings()

    def feed_data(self, data: Mapping[str, Tensor]) -> None:
        super().feed_data(data)
        if "flow" in data:
            self.flow = data["flow"].to(self.device)

    def optimize_parameters(self, current_iter: int) -> None:
        self.optimizer_g.zero_grad()
        self.output = self._restored()
        terms = self.pair_loss(_pairs(self.output), _pairs(self.gt), self.flow.flatten(0, 1))
        sum(terms.values()).backward()
        self.optimizer_g.step()
        self.log_dict = self.reduce_loss_dict(terms)
        if self.ema_decay > 0:
            self.model_ema(decay=self.ema_decay)

    def _restored(self) -> Tensor:
        """The frames of each example ``(N, T, C, H, W)``."""
        if self.opt["datasets"]["train"]["view"] == "clip":
            found: Tensor = self.net_g(self.lq)
        else:
            found = self.net_g(self.lq.flatten(0, 1)).unflatten(0, self.lq.shape[:2])
        return found


def _pairs(frames: Tensor) -> Tensor:
    """Each frame with the next: ``(N, T, C, H, W)`` as ``(N * (T - 1), 2, C, H, W)``."""
    return torch.stack([frames[:, :-1], frames[:, 1:]], dim=2).flatten(0, 1)
