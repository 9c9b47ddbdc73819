"""Training by a teacher's features, known to BasicSR's registry as model ``STDModel``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from harness.weights.loading import load_into
from harness_basicsr import compat  # noqa: F401  (before basicsr)
from harness_basicsr.declared.architectures import architecture
from harness_basicsr.networks import registered
from harness_basicsr.training.features import on_clips, wanted, width_of
from harness_basicsr.training.losses.distillation import SpaceTimeLoss

from basicsr.models.sr_model import SRModel  # isort: skip
from basicsr.utils.registry import MODEL_REGISTRY  # isort: skip


@MODEL_REGISTRY.register()
class STDModel(SRModel):  # type: ignore[misc]  # basicsr is untyped
    """Space-time distillation: a batch has clips ``lq`` ``(N, T, 3, h, w)`` and ``gt`` ``(N, T, 3, H, W)``, RGB,
    whatever the network takes.

    The option section ``distil`` says ``student`` (name of the network), ``space``, ``time``, ``radius`` and
    ``normalise`` (`SpaceTimeLoss`), and ``teacher`` and its ``network``, or None to learn from HR frames alone; the
    teacher's weights are ``pretrain_network_teacher`` of the section ``path``. What only the training needs (the
    ConvLSTM, the adapter) is saved beside the network as ``net_s``, so that the network's own weights have its plain
    keys.
    """

    def init_training_settings(self) -> None:
        self.student = architecture(self.opt["distil"]["student"])
        self.net_s: SpaceTimeLoss | None = None
        if self.opt["distil"]["teacher"]:
            self._take_teacher(**self.opt["distil"])
        super().init_training_settings()

    def _take_teacher(
        self, *, teacher: str, network: dict[str, Any], space: float, time: float, radius: int,
        normalise: bool | None, **_: Any,
    ) -> None:  # fmt: skip
        self.master = architecture(teacher)
        self.net_t = registered.create(network)
        path = Path(self.opt["path"]["pretrain_network_teacher"])
        load_into(self.net_t, path, "--teacher must name weights of the network of that method")
        self.net_t.requires_grad_(False).eval().to(self.device)
        widths = [width_of(*each) for each in ((self._bare(), self.student.feature), (self.net_t, self.master.feature))]
        self.net_s = SpaceTimeLoss((widths[0], widths[1]), space, time, radius, normalise).to(self.device)
        if self.net_s.cell is not None:
            self.model_to_device(self.net_s.cell)  # a network that learns, so in the recipe's precision
        if saved := self.opt["path"].get("pretrain_network_s"):
            self.load_network(self.net_s, saved)

    def _bare(self) -> nn.Module:
        network: nn.Module = self.get_bare_model(self.net_g)
        return network

    def setup_optimizers(self) -> None:
        super().setup_optimizers()
        if self.net_s is not None and (more := list(self.net_s.parameters())):
            self.optimizer_g.add_param_group({"params": more})

    def optimize_parameters(self, current_iter: int) -> None:
        self.optimizer_g.zero_grad()
        losses = self._losses()
        torch.autograd.backward(torch.stack(list(losses.values())).sum())
        self.optimizer_g.step()
        self.log_dict = self.reduce_loss_dict(losses)
        if self.ema_decay > 0:
            self.model_ema(decay=self.ema_decay)

    def _losses(self) -> dict[str, Tensor]:
        scale = self.opt["scale"]
        self.output, feature = on_clips(self._bare(), self.student, self.lq, scale)
        losses = {"l_pix": self.cri_pix(self.output, wanted(self.gt, self.student))}
        if self.net_s is None:
            return losses
        with torch.no_grad():
            _, taught = on_clips(self.net_t, self.master, self.lq, scale)
        return {**losses, **self.net_s(feature, taught)}

    def save(self, epoch: int, current_iter: int) -> None:
        """What only the training needs comes first: a state that can be read has everything."""
        if self.net_s is not None:
            self.save_network(self.net_s, "net_s", current_iter)
        super().save(epoch, current_iter)
