"""Factories of the SR methods whose networks come from BasicSR, or are built to its conventions.

Every factory takes ``scale``, ``device``, the benchmark's ``weights`` and the network's options; ``checkpoint`` is a
weights file of the user's own, which goes before ``weights``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from harness.errors import WeightsMissingError
from harness.imresize import imresize
from harness.methods import FrameNetwork
from harness.weights import load_into
from harness_basicsr import compat, vdsr_arch  # noqa: F401  (before basicsr)
from harness_basicsr.colour import rgb_to_ycbcr, ycbcr_to_rgb

from basicsr.archs import ARCH_REGISTRY  # isort: skip

LUMA = frozenset({"vdsr"})
"""Methods whose network restores the luma of the enlarged frame."""


class LumaNetwork(FrameNetwork):
    """A network that restores Y of the bicubically enlarged frame; Cb and Cr stay bicubic.

    `network` takes Y of BT.601 in studio range ``(N, 1, H, W)`` to the same shape.
    """

    def restore(self, lr: Tensor) -> Tensor:
        enlarged = rgb_to_ycbcr(imresize(lr, float(self.scale)))
        luma = self.network(enlarged[:, :1])
        return ycbcr_to_rgb(torch.cat([luma, enlarged[:, 1:]], dim=1))


def architecture(method: str, scale: int, options: Mapping[str, Any]) -> dict[str, Any]:
    """A method's network as BasicSR's option files describe it: its registered ``type`` and arguments."""
    colours = {"num_in_ch": 3, "num_out_ch": 3}
    fixed: dict[str, dict[str, Any]] = {
        "vdsr": {"type": "VDSR"},
        "srresnet": {"type": "MSRResNet", **colours, "upscale": scale},
        "rcan": {"type": "RCAN", **colours, "upscale": scale},
        "esrgan": {"type": "RRDBNet", **colours, "scale": scale},
    }
    return {**fixed[method], **options}


def vdsr(
    *,
    scale: int,
    device: torch.device,
    weights: Path | None,
    num_feat: int = 64,
    num_layer: int = 20,
    bias: bool = False,
    checkpoint: str | None = None,
) -> LumaNetwork:
    """VDSR, see `harness_basicsr.vdsr_arch.VDSR`. Any scale factor."""
    network = _network("vdsr", scale, num_feat=num_feat, num_layer=num_layer, bias=bias)
    return LumaNetwork(_loaded(network, weights, checkpoint), scale=scale, device=device)


def srresnet(
    *,
    scale: int,
    device: torch.device,
    weights: Path | None,
    num_feat: int = 64,
    num_block: int = 16,
    checkpoint: str | None = None,
) -> FrameNetwork:
    """BasicSR's MSRResNet: SRResNet (Ledig et al., CVPR 2017) without batch normalisation; 1,517,571 parameters."""
    network = _network("srresnet", scale, num_feat=num_feat, num_block=num_block)
    return FrameNetwork(_loaded(network, weights, checkpoint), scale=scale, device=device)


def rcan(
    *,
    scale: int,
    device: torch.device,
    weights: Path | None,
    num_feat: int = 64,
    num_group: int = 10,
    num_block: int = 20,
    squeeze_factor: int = 16,
    checkpoint: str | None = None,
) -> FrameNetwork:
    """RCAN: Zhang et al., Image Super-Resolution Using Very Deep Residual Channel Attention Networks, ECCV 2018.

    15,592,355 parameters as published, which has 20 blocks a group (BasicSR's own default is 16).
    """
    network = _network(
        "rcan", scale, num_feat=num_feat, num_group=num_group, num_block=num_block, squeeze_factor=squeeze_factor
    )
    return FrameNetwork(_loaded(network, weights, checkpoint), scale=scale, device=device)


def esrgan(
    *,
    scale: int,
    device: torch.device,
    weights: Path | None,
    num_feat: int = 64,
    num_block: int = 23,
    num_grow_ch: int = 32,
    checkpoint: str | None = None,
) -> FrameNetwork:
    """ESRGAN's generator, RRDBNet: Wang et al., ECCV Workshops 2018; 16,697,987 parameters. Scale factor 4."""
    network = _network("esrgan", scale, num_feat=num_feat, num_block=num_block, num_grow_ch=num_grow_ch)
    return FrameNetwork(_loaded(network, weights, checkpoint), scale=scale, device=device)


def _network(method: str, scale: int, **options: Any) -> nn.Module:
    arguments = architecture(method, scale, options)
    network: nn.Module = ARCH_REGISTRY.get(arguments.pop("type"))(**arguments)
    return network.to(memory_format=torch.channels_last)  # a quarter to a half less time on a CPU


def _loaded(network: nn.Module, weights: Path | None, checkpoint: str | None) -> nn.Module:
    path = Path(checkpoint).expanduser() if checkpoint else weights
    if path is None:
        raise WeightsMissingError(
            f"{type(network).__name__} needs weights; give a file of your own with checkpoint=FILE"
        )
    load_into(network, path)
    return network
