"""Training of networks of two views, known to BasicSR's registry as model ``StereoModel``."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from harness.methods import pad_edges
from harness_basicsr import compat  # noqa: F401  (before basicsr)
from harness_basicsr.training.losses.consistency import LEFT

from basicsr.losses import build_loss  # isort: skip
from basicsr.models.sr_model import SRModel  # isort: skip
from basicsr.utils.registry import MODEL_REGISTRY  # isort: skip

MULTIPLE = 4
"""Of sides of LR frames."""


@MODEL_REGISTRY.register()
class StereoModel(SRModel):  # type: ignore[misc]  # basicsr is untyped
    """Three moments of both views against HR frames, and against each other where both show the same.

    A batch has ``lq`` ``(N, 3, 6, 3, h, w)``, what the network takes for each moment, ``gt`` ``(N, 3, 2, 3, H, W)`` and
    ``flow`` ``(N, 11, 2, H, W)``, as `StereoConsistencyLoss` wants it. The pixel loss is of all six frames; the section
    ``consistency_opt`` names the other. Validation measures the left view. Source: Xu et al., SVSRNet, ACM MM 2021.
    """

    lq: Tensor
    gt: Tensor
    output: Tensor

    def init_training_settings(self) -> None:
        self.consistency = build_loss(self.opt["train"]["consistency_opt"]).to(self.device)
        super().init_training_settings()

    def feed_data(self, data: Mapping[str, Tensor]) -> None:
        super().feed_data(data)
        if "flow" in data:
            self.flow = data["flow"].to(self.device)

    def optimize_parameters(self, current_iter: int) -> None:
        self.optimizer_g.zero_grad()
        restored = self.net_g(self.lq.flatten(0, 1)).unflatten(0, self.lq.shape[:2])
        sr, hr = (frames.transpose(1, 2) for frames in (restored, self.gt))
        losses = {"l_pix": self.cri_pix(sr, hr), "l_consistency": self.consistency(sr, hr, self.flow)}
        torch.autograd.backward(torch.stack(list(losses.values())).sum())
        self.optimizer_g.step()
        self.log_dict = self.reduce_loss_dict(losses)
        if self.ema_decay > 0:
            self.model_ema(decay=self.ema_decay)

    def test(self) -> None:
        """The left view of one window ``(1, 6, 3, h, w)`` of any size."""
        self.lq, self.gt = pad_edges(self.lq[0], MULTIPLE, MULTIPLE)[None], self.gt[:, LEFT]
        super().test()
        height, width = self.gt.shape[-2:]
        self.output = self.output[:, LEFT, :, :height, :width]
