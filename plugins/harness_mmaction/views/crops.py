"""Test views: from frames or flow levels to the crops that the network sees.

Both are whole numbers 0..255 here, as they would be in image files. Flow has two channels, x and y; in its mirror image
x becomes ``255 - x``. MMAction2 1.2.0 gets that wrong: ``Flip`` inverts both of every other frame, ``TenCrop`` nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from harness.errors import UsageError
from harness.transfer import to_device, to_host
from harness.video.flow_input import mirror as mirror_flow

Corner = tuple[int, int]
CROPS = ("full", "centre", "three", "ten")


@dataclass(frozen=True)
class Views:
    """Which views are taken: `crops` is one of `CROPS`, `mirror` adds the mirror image of each (``ten`` has them).

    Frames are first resized to `short_side` pixels; crops are squares of `input_size`, but ``full`` is the whole frame.
    Raises `UsageError` for sizes that do not go together.
    """

    crops: str
    mirror: bool
    short_side: int
    input_size: int

    def __post_init__(self) -> None:
        if self.crops not in CROPS:
            raise UsageError(f"crops={self.crops}; known: {', '.join(CROPS)}")
        if self.crops == "ten" and self.mirror:
            raise UsageError("crops=ten,mirror=true: the ten crops are five and their mirror images already")
        if self.crops != "full" and self.input_size > self.short_side:
            raise UsageError(f"input_size={self.input_size} does not fit in short_side={self.short_side}")
        if self.crops == "three" and self.input_size != self.short_side:
            raise UsageError(
                f"crops=three: the crops span the short side, so input_size={self.input_size} must be "
                f"short_side={self.short_side}"
            )

    def of_frames(self, levels: Tensor) -> Tensor:
        """Frames ``(S, 3, H, W)`` in 0..255 to views ``(V, 3, h, w)``."""
        return torch.cat(self._views(levels, lambda x: x.flip(-1)))

    def of_flow(self, levels: Tensor, stacked: Callable[[Tensor], Tensor]) -> Tensor:
        """Flow levels ``(N, 2, H, W)`` in 0..255 to views ``(V, C, h, w)``; `stacked` stacks the flow of a view."""
        return torch.cat([stacked(view) for view in self._views(levels, mirror_flow)])

    def _views(self, levels: Tensor, mirrored: Callable[[Tensor], Tensor]) -> list[Tensor]:
        resized = resize_short_side(levels, self.short_side)
        size = self.input_size
        if self.crops == "full":
            views = [resized]
        else:
            corners = crop_corners(self.crops, resized.shape[-2], resized.shape[-1], size)
            views = [resized[..., top : top + size, left : left + size] for top, left in corners]
        both = self.mirror or self.crops == "ten"
        return [*views, *(mirrored(view) for view in views)] if both else views


def crop_corners(crops: str, height: int, width: int, size: int) -> list[Corner]:
    """Upper left corners (top, left) of the crops, the same as MMAction2's."""
    down, right = height - size, width - size
    if crops == "centre":
        return [(down // 2, right // 2)]
    if crops == "three":
        across = (0, 1) if right else (1, 0)
        step = (down + right) // 2
        return [(across[0] * k * step, across[1] * k * step) for k in (0, 2, 1)]
    down, right = down // 4, right // 4
    return [(0, 0), (0, 4 * right), (4 * down, 0), (4 * down, 4 * right), (2 * down, 2 * right)]


def resize_short_side(levels: Tensor, short_side: int) -> Tensor:
    """Resize whole levels ``(N, C, H, W)`` so that the short side is `short_side`, keeping the aspect ratio.

    Bilinear without antialiasing and rounded to whole levels by OpenCV, as MMAction2's ``Resize`` does.
    """
    height, width = levels.shape[-2:]
    new_height, new_width = resized_size((height, width), short_side)
    if (new_height, new_width) == (height, width):
        return levels
    images = to_host(levels.to(torch.uint8).permute(0, 2, 3, 1).contiguous()).numpy()
    resized = np.stack([cv2.resize(i, (new_width, new_height), interpolation=cv2.INTER_LINEAR) for i in images])
    return to_device(torch.from_numpy(resized), levels.device).permute(0, 3, 1, 2).to(levels.dtype)


def resized_size(size: tuple[int, int], short_side: int) -> tuple[int, int]:
    """Height and width when the short side is `short_side`, as MMAction2 rounds them."""
    factor = short_side / min(size)
    return int(size[0] * factor + 0.5), int(size[1] * factor + 0.5)
