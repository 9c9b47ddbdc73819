"""The ceiling, the plain resizers, and the base class of networks that restore frame by frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from harness.imresize import imresize


class FrameNetwork:
    """An SR method that restores each frame by itself with a network; subclasses change `restore` where they must.

    `network` takes ``(N, 3, h, w)`` in [0, 1] to ``(N, 3, h * scale, w * scale)`` and is put on `device` in
    evaluation mode. Frames go through it in batches whose size depends on their pixel count, so memory stays bounded.
    """

    batch_pixels: Mapping[str, int] = MappingProxyType({"cpu": 1 << 18, "cuda": 1 << 22})
    """Restored pixels a batch, by kind of device: 20 frames of 112x112 on a CPU."""

    def __init__(self, network: nn.Module, *, scale: int, device: torch.device) -> None:
        self.network = network.to(device).eval()
        self.scale = scale
        self.device = device

    def upscale(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
        """Restore the wanted frames of the LR clip ``(T, 3, h, w)``: ``(len(frames), 3, h * scale, w * scale)``."""
        height, width = lr.shape[-2] * self.scale, lr.shape[-1] * self.scale
        size = max(1, self.batch_pixels.get(self.device.type, self.batch_pixels["cpu"]) // (height * width))
        wanted = lr[list(frames)]
        with torch.no_grad():
            restored = [self.restore(wanted[i : i + size]) for i in range(0, len(wanted), size)]
        return torch.cat(restored)

    def restore(self, lr: Tensor) -> Tensor:
        """One batch ``(N, 3, h, w)`` to ``(N, 3, h * scale, w * scale)``."""
        restored: Tensor = self.network(lr)
        return restored


class HighResolution:
    """The ceiling: returns the frames it is handed, which for a method of source ``hr`` are the HR frames."""

    def __init__(self, *, scale: int, device: torch.device, weights: Path | None = None) -> None:
        pass

    def upscale(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
        """The wanted frames, untouched."""
        return lr[list(frames)]


class Resize:
    """Interpolation without learning; the subclasses name the kernel."""

    def __init__(self, *, scale: int, device: torch.device, weights: Path | None = None) -> None:
        self.scale = scale

    def upscale(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
        """Enlarge the wanted frames of the LR clip ``(T, 3, h, w)`` by the scale factor."""
        return self.resize(lr[list(frames)])

    def resize(self, frames: Tensor) -> Tensor:
        raise NotImplementedError


class Bicubic(Resize):
    """The floor: MATLAB's bicubic kernel (a = -0.5), Keys, IEEE Transactions on ASSP 1981."""

    def resize(self, frames: Tensor) -> Tensor:
        return imresize(frames, float(self.scale), kernel="bicubic")


class Lanczos(Resize):
    """The windowed sinc with three lobes, Duchon, Journal of Applied Meteorology 1979."""

    def resize(self, frames: Tensor) -> Tensor:
        return imresize(frames, float(self.scale), kernel="lanczos3")


class Nearest(Resize):
    """Every pixel becomes a square."""

    def resize(self, frames: Tensor) -> Tensor:
        return interpolate(frames, scale_factor=self.scale, mode="nearest")
