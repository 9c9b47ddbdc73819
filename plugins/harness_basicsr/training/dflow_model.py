"""Training of DFlow, known to BasicSR's registry as model ``DFlowModel``."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from harness.errors import UsageError
from harness_basicsr import compat  # noqa: F401  (before basicsr)
from harness_basicsr.networks.dflow_arch import Carried

from basicsr.archs.arch_util import flow_warp  # isort: skip
from basicsr.models.sr_model import SRModel  # isort: skip
from basicsr.utils.registry import MODEL_REGISTRY  # isort: skip

RELEASED, FIXED = "released", "fixed"


@MODEL_REGISTRY.register()
class DFlowModel(SRModel):  # type: ignore[misc]  # basicsr is untyped
    """Restored clips against HR clips ``(N, T, 3, H, W)``, and LR frames against their neighbours along the flow.

    Of the section ``train``: with ``warp_weight`` (0.1 as published, 0 for the second stage) the pixel loss also
    compares each LR frame with what its neighbour becomes along the flow carried forward, and along that carried
    backward. The frame at which a direction begins is compared with itself, so the means are (T - 1) / T of those of
    the others. ``mirrored: true`` shows each clip followed by itself reversed. ``variant``: ``released`` warps as the
    authors' code does, ``fixed`` along the flow's direction (`warped_frames`). Source: Gao et al., BMVC 2022.
    Raises `UsageError` for another variant.
    """

    def init_training_settings(self) -> None:
        train = self.opt["train"]
        self.warp_weight = float(train.get("warp_weight", 0.1))
        self.mirrored = bool(train.get("mirrored", False))
        self.variant = str(train.get("variant", RELEASED))
        if self.variant not in (RELEASED, FIXED):
            raise UsageError(f"DFlowModel has no variant {self.variant!r}; known: {RELEASED}, {FIXED}")
        super().init_training_settings()

    def optimize_parameters(self, current_iter: int) -> None:
        self.optimizer_g.zero_grad()
        losses = self._losses()
        torch.autograd.backward(torch.stack(list(losses.values())).sum())
        self.optimizer_g.step()
        self.log_dict = self.reduce_loss_dict(losses)
        if self.ema_decay > 0:
            self.model_ema(decay=self.ema_decay)

    def _losses(self) -> dict[str, Tensor]:
        lq, gt = (_mirrored(clip) if self.mirrored else clip for clip in (self.lq, self.gt))
        restored, forward, backward = self.get_bare_model(self.net_g).restore(lq)
        losses = {"l_pix": self.cri_pix(restored, gt)}
        if self.warp_weight:
            pulled = warped_frames(lq, forward, backward, self.variant)
            for name, warped in zip(("l_forward", "l_backward"), pulled, strict=True):
                losses[name] = self.warp_weight * self.cri_pix(warped, lq)
        return losses


def _mirrored(clip: Tensor) -> Tensor:
    """A clip ``(N, T, ...)`` followed by itself reversed."""
    return torch.cat([clip, clip.flip(1)], dim=1)


def warped_frames(lq: Tensor, forward: Carried, backward: Carried, variant: str) -> tuple[Tensor, Tensor]:
    """What the frames of LR clips ``(N, T, 3, h, w)`` become along the flow carried forward, and backward: the same
    shape, to be compared with the clips.

    The flow of a frame pulls the features of the frame visited before onto it. ``fixed`` does so with that frame
    itself. ``released`` pulls the frame along its own flow and compares it with the one visited before, as the authors'
    code does, though the flow leads the other way. A frame that nothing is pulled onto stands for itself.
    """
    return _warped(lq, forward, 1, variant), _warped(lq, backward, -1, variant)


def _warped(lq: Tensor, carried: Carried, step: int, variant: str) -> Tensor:
    frames: list[Any] = list(lq.unbind(dim=1))
    found = list(frames)
    for number, flow in enumerate(carried.flows):
        if flow is None:
            continue
        before = number - step
        source, target = (number, before) if variant == RELEASED else (before, number)
        found[target] = flow_warp(frames[source], flow.permute(0, 2, 3, 1))
    return torch.stack(found, dim=1)
