"""BasicSR's models with a pixel loss that is weighted by motion."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from torch import Tensor

from harness_basicsr import compat  # noqa: F401  (before basicsr)

from basicsr.models.esrgan_model import ESRGANModel  # isort: skip
from basicsr.models.sr_model import SRModel  # isort: skip
from basicsr.utils.registry import MODEL_REGISTRY  # isort: skip


class _MotionWeighted(SRModel):  # type: ignore[misc]  # basicsr is untyped
    """Hands each batch's ``weight`` ``(N, 1, H, W)`` to the pixel loss, which BasicSR calls with two frames only."""

    def init_training_settings(self) -> None:
        super().init_training_settings()
        self.weighted_loss: Callable[..., Tensor] | None = self.cri_pix

    def feed_data(self, data: Mapping[str, Tensor]) -> None:
        super().feed_data(data)
        if "weight" in data and self.weighted_loss is not None:
            self.cri_pix = partial(self.weighted_loss, weight=data["weight"].to(self.device))


@MODEL_REGISTRY.register()
class MotionWeightedSRModel(_MotionWeighted):
    """Pixel and perceptual loss, as in BasicSR's SRModel, but with the pixel loss weighted by motion."""


@MODEL_REGISTRY.register()
class SoSRModel(_MotionWeighted, ESRGANModel):  # type: ignore[misc]  # basicsr is untyped
    """SoSR: motion-weighted pixel loss, perceptual loss and relativistic average adversarial loss (equation 2).

    Everything but the weight is BasicSR's ESRGANModel. Source: Zhang, Liu, Xiong, ICCV 2019.
    """
