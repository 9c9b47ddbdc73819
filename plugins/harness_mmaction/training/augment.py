"""Training augmentation of one clip's views: crops, mirror images and colours.

Crops are cut out as they are, unless a recipe asks for jitter: resizing smooths, if only a little, and a recogniser
used to smooth frames would favour the methods that smooth. Test with crops of the same size, as TSN does.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from harness.errors import UsageError


def random_crop(views: Tensor, size: int, jitter: float = 0.0) -> Tensor:
    """One random square for all views: ``(N, C, H, W)`` to ``(N, C, size, size)``.

    With `jitter` height and width of what is cut out differ from `size` by up to this share, each by itself and as far
    as the views reach; it is then resized. Raises `UsageError` if `size` does not fit.
    """
    _room(views, size)
    height, width = (_jittered(size, jitter, side) for side in views.shape[-2:])
    top, left = integer(views.shape[-2] - height + 1), integer(views.shape[-1] - width + 1)
    cut = views[..., top : top + height, left : left + width]
    if cut.shape[-2:] == (size, size):
        return cut
    return interpolate(cut, (size, size), mode="bilinear", align_corners=False, antialias=True)


def _jittered(size: int, jitter: float, side: int) -> int:
    return min(round(size * uniform(1 - jitter, 1 + jitter)), side) if jitter else size


def centre_crop(views: Tensor, size: int) -> Tensor:
    """The square in the middle of ``(N, C, H, W)``, for measuring. Raises `UsageError` if it does not fit."""
    top, left = (room // 2 for room in _room(views, size))
    return views[..., top : top + size, left : left + size]


def _room(views: Tensor, size: int) -> tuple[int, int]:
    height, width = views.shape[-2:]
    if min(height, width) < size:
        raise UsageError(f"training crops of {size} pixels do not fit in frames of {width}x{height}; change the recipe")
    return height - size, width - size


def colour_jitter(views: Tensor, strength: float) -> Tensor:
    """Change brightness, contrast and each channel's gain of all views ``(N, 3, H, W)`` in 0..255 alike.

    Each factor lies within ``1 - strength`` and ``1 + strength``; half of the clips have their channels swapped.
    """
    gains = torch.empty(1, 3, 1, 1).uniform_(1 - strength, 1 + strength)
    jittered = views * gains
    if uniform(0, 1) < 0.5:
        jittered = jittered[:, torch.randperm(3)]
    mean = jittered.mean()
    contrast, brightness = uniform(1 - strength, 1 + strength), uniform(1 - strength, 1 + strength)
    return ((jittered - mean) * contrast + mean * brightness).clamp(0, 255)


def uniform(low: float, high: float) -> float:
    """A random number from torch's generator, which mmengine seeds."""
    return low + (high - low) * float(torch.rand(()))


def integer(count: int) -> int:
    """A random whole number below `count`."""
    return int(torch.randint(count, ()))
