"""Wrappers that give a window of RGB frames to networks that take luma, frames already enlarged, or black ends."""

from __future__ import annotations

import torch
from torch import Tensor

from harness.methods import WindowNetwork
from harness.video.colour import luma, rgb_to_ycbcr, ycbcr_to_rgb
from harness.video.imresize import imresize


class BlackEndsNetwork(WindowNetwork):
    """A window whose frames beyond the ends of the clip are black, as VSR-DUF's authors test (Jo et al., CVPR 2018)."""

    def gather(self, lr: Tensor, frames: list[int]) -> Tensor:
        """The windows around these frames ``(N, 2 * radius + 1, 3, h, w)``."""
        ends = lr.new_zeros(self.temporal_radius, *lr.shape[1:])
        return super().gather(torch.cat([ends, lr, ends]), [frame + self.temporal_radius for frame in frames])


class LumaWindowNetwork(WindowNetwork):
    """A network that restores Y of the middle frame from Y of a window of LR frames; its Cb and Cr are bicubic.

    `network` takes ``(N, 2 * radius + 1, 1, h, w)`` to ``(N, 1, H, W)``.
    """

    def restore(self, lr: Tensor) -> Tensor:
        chroma = rgb_to_ycbcr(imresize(lr[:, self.temporal_radius], float(self.scale)))[:, 1:]
        restored = self.network(luma(lr.flatten(0, 1)).view(*lr.shape[:2], 1, *lr.shape[-2:]))
        return ycbcr_to_rgb(torch.cat([restored, chroma], dim=1))


class EnlargedWindowNetwork(WindowNetwork):
    """A network that restores the middle of a window of bicubically enlarged frames.

    `network` takes ``(N, 2 * radius + 1, 3, H, W)`` to ``(N, 3, H, W)``.
    """

    def restore(self, lr: Tensor) -> Tensor:
        restored: Tensor = self.network(imresize(lr, float(self.scale)))
        return restored
