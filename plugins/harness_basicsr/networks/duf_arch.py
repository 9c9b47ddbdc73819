"""DUF of any width, known to BasicSR's registry as ``HarnessDUF``."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, softmax, unfold

from harness.errors import UsageError
from harness_basicsr import compat  # noqa: F401  (before basicsr)

from basicsr.archs.duf_arch import DenseBlocks, DenseBlocksTemporalReduce  # isort: skip
from basicsr.utils.registry import ARCH_REGISTRY  # isort: skip

PUBLISHED = {16: (3, 32), 28: (9, 16), 52: (21, 16)}
"""Dense blocks before time is reduced, and growth, by number of layers."""
TAPS = 5
"""Side of the filters, in LR pixels."""


@ARCH_REGISTRY.register()
class HarnessDUF(nn.Module):
    """Filters made for every pixel, applied to the middle frame, and a residual; no motion is estimated.

    Takes 7 frames ``(N, 7, 3, h, w)`` in [0, 1] to the middle one, ``(N, 3, h * scale, w * scale)``. As published
    (`num_feat` 64, growth 32 for 16 layers and 16 for 28 and 52, `num_hidden` 256) it has the keys, the outputs and the
    1,900,640, 2,118,432 and 5,821,952 parameters of BasicSR's ``DUF``. `adapt_official_weights` sets epsilon and
    momentum of the normalisation to 1e-3, with which the authors' weights were trained.
    Source: Jo, Oh, Kang, Kim, Deep Video Super-Resolution Network Using Dynamic Upsampling Filters, CVPR 2018.
    """

    def __init__(
        self,
        scale: int = 4,
        num_layer: int = 16,
        num_feat: int = 64,
        num_grow_ch: int | None = None,
        num_hidden: int = 256,
        adapt_official_weights: bool = False,
    ) -> None:
        super().__init__()
        if num_layer not in PUBLISHED:
            raise UsageError(f"DUF has {', '.join(map(str, PUBLISHED))} layers, not {num_layer}")
        blocks, published = PUBLISHED[num_layer]
        growth = num_grow_ch or published
        reduced = num_feat + (blocks + 3) * growth
        epsilon, momentum = (1e-3, 1e-3) if adapt_official_weights else (1e-5, 0.1)
        self.scale = scale
        self.conv3d1 = nn.Conv3d(3, num_feat, (1, 3, 3), padding=(0, 1, 1))
        self.dense_block1 = DenseBlocks(blocks, num_feat, growth, adapt_official_weights)
        self.dense_block2 = DenseBlocksTemporalReduce(num_feat + blocks * growth, growth, adapt_official_weights)
        self.bn3d2 = nn.BatchNorm3d(reduced, epsilon, momentum)
        self.conv3d2 = nn.Conv3d(reduced, num_hidden, (1, 3, 3), padding=(0, 1, 1))
        self.conv3d_r1 = nn.Conv3d(num_hidden, num_hidden, 1)
        self.conv3d_r2 = nn.Conv3d(num_hidden, 3 * scale**2, 1)
        self.conv3d_f1 = nn.Conv3d(num_hidden, 2 * num_hidden, 1)
        self.conv3d_f2 = nn.Conv3d(2 * num_hidden, TAPS**2 * scale**2, 1)
        self.to(memory_format=torch.channels_last_3d)  # 30 % less time on a CPU than planes

    def forward(self, x: Tensor) -> Tensor:
        filters, residual = self.filters_and_residual(x)
        filtered = apply_filters(x[:, x.shape[1] // 2], filters)
        return pixel_shuffle(filtered + residual, self.scale)

    def filters_and_residual(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """From frames ``(N, 7, 3, h, w)`` the filters ``(N, 25, scale^2, h, w)``, summing to 1 over the 25 taps, and
        the residual ``(N, 3 * scale^2, h, w)``."""
        features = self.dense_block2(self.dense_block1(self.conv3d1(x.transpose(1, 2))))
        hidden = torch.relu(self.conv3d2(torch.relu(self.bn3d2(features))))
        residual = self.conv3d_r2(torch.relu(self.conv3d_r1(hidden)))[:, :, 0]
        filters = self.conv3d_f2(torch.relu(self.conv3d_f1(hidden)))[:, :, 0]
        return softmax(filters.unflatten(1, (TAPS**2, self.scale**2)), dim=1), residual


def apply_filters(frame: Tensor, filters: Tensor) -> Tensor:
    """Weigh the 5x5 surroundings of each pixel, black beyond the border, with its own filters, one for all colours.

    `frame` is ``(N, C, h, w)``, `filters` ``(N, 25, S, h, w)``; the result ``(N, C * S, h, w)``.
    """
    around = unfold(frame, TAPS, padding=TAPS // 2).view(len(frame), -1, TAPS**2, *frame.shape[-2:])
    return torch.einsum("nckhw,nkshw->ncshw", around, filters).flatten(1, 2)
