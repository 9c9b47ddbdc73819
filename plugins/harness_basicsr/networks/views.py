"""Wrappers for networks that take luma, enlarged frames, black ends or two views, or that double a clip."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

import torch
from torch import Tensor

from harness.errors import ContractError
from harness.methods import ClipNetwork, WindowNetwork
from harness.transfer import positions
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


class DoubledClipNetwork(ClipNetwork):
    """A network that makes a frame between every two as well. Implements `harness.contracts.Interpolator`.

    `network` takes ``(1, T, 3, h, w)`` to ``(1, 2 T - 1, 3, h * scale, w * scale)``. At other times than those of its
    frames it is the mean of the two around them, weighted by time.
    """

    def restore_wanted(self, lr: Tensor, frames: Sequence[float]) -> Tensor:
        """The frames of the wanted times of a padded clip ``(T, 3, h, w)``."""
        made = self.restore(lr[None])[0]
        before, after = ([side(2 * time) for time in frames] for side in (floor, ceil))
        share = torch.tensor([2 * time - floor(2 * time) for time in frames], dtype=made.dtype, device=made.device)
        first, second = (made.index_select(0, positions(side, made.device)) for side in (before, after))
        return torch.lerp(first, second, share[:, None, None, None])


class TwoViewNetwork(WindowNetwork):
    """A network that restores the middle frame of both views; of these only the left one is kept.

    `network` takes ``(N, 2 * (2 * radius + 1), 3, h, w)``, the left window first, to ``(N, 2, 3, H, W)``. Everything
    else sees the views in each other's channels, ``(T, 6, h, w)``.
    """

    def restore(self, lr: Tensor) -> Tensor:
        restored: Tensor = self.network(torch.cat(lr.chunk(2, dim=2), dim=1))
        return restored[:, 0]


class StereoNetwork(TwoViewNetwork):
    """`harness.contracts.StereoMethod`: given both views of a clip."""

    def upscale_left(self, left: Tensor, right: Tensor, frames: Sequence[int]) -> Tensor:
        """Restore the wanted frames of the left view, as `upscale` does those of a clip of one view."""
        return super().upscale(torch.cat([left, right], dim=1), frames)

    def upscale(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
        raise ContractError("needs a second view, and was given one; its declaration must say views=2")


class CopiedViewNetwork(TwoViewNetwork):
    """A control for `StereoNetwork`: what is gained beyond it, the second camera has given."""

    remark = "a control: the left view twice, nothing of a second camera"

    def upscale(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
        """Restore the wanted frames of a clip of one view."""
        return super().upscale(lr.repeat(1, 2, 1, 1), frames)
