"""The ceiling, the plain resizers, and base classes for networks that take a frame, a window or a whole clip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pad

from harness.errors import ContractError
from harness.memory import with_less
from harness.tiling import in_tiles
from harness.transfer import positions
from harness.video.colour import rgb_to_ycbcr, ycbcr_to_rgb
from harness.video.imresize import imresize

SMALLEST_TILE = 16
"""LR pixels a side below which no tile is tried."""


class FrameNetwork:
    """An SR method that restores each frame by itself with a network; subclasses change what the network is given.

    `network` takes ``(N, 3, h, w)`` in [0, 1] to ``(N, 3, h * scale, w * scale)`` and is put on `device` in
    evaluation mode. Frames go through it in batches whose size depends on their pixel count, so memory stays bounded;
    where it runs out nevertheless, in smaller batches, and in tiles if a single frame is too large.
    Frames whose sides are not multiples of `multiple` or are below `least` LR pixels are padded at the bottom and the
    right by repeating the edge, and the result is cropped.
    """

    batch_pixels: Mapping[str, int] = MappingProxyType({"cpu": 1 << 18, "cuda": 1 << 22})
    """Restored pixels per batch, by kind of device: 20 frames of 112x112 on a CPU."""
    fewest_on_cpu: int = 1
    """Smallest size of a batch on a CPU, if that many frames are wanted."""
    temporal_radius: int | None = 0
    """Number of frames that it looks at on either side of a wanted one; None for the whole clip."""
    receptive_field: int = 32
    """How many LR pixels around a pixel matter for it: tiles overlap by so many. Statistics of the whole frame, such as
    those of channel attention, are those of a tile."""
    tile: int | None = None
    """Largest LR pixels a side that are restored at once, besides the overlap; None for whole frames. It becomes
    smaller when memory runs out."""
    remark: str | None = None
    """Says so, where memory made it restore frames in tiles."""

    def __init__(
        self, network: nn.Module, *, scale: int, device: torch.device, multiple: int = 1, least: int = 1
    ) -> None:
        self.network = network.to(device).eval()
        self.scale = scale
        self.device = device
        self.multiple = multiple
        self.least = least
        self._most_pixels: int | None = None
        """Restored pixels of a batch that fitted into memory where a larger one did not."""

    def upscale(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
        """Restore the wanted frames of the LR clip ``(T, 3, h, w)``: ``(len(frames), 3, h * scale, w * scale)``.

        Raises `ContractError` if the network enlarges by another factor.
        """
        height, width = lr.shape[-2] * self.scale, lr.shape[-1] * self.scale
        padded = pad_edges(lr, self.multiple, self.least)
        with torch.no_grad():
            restored = self._restore_fitting(padded, list(frames))
        return restored[..., :height, :width]

    def _restore_fitting(self, lr: Tensor, frames: list[int]) -> Tensor:
        """The wanted frames of a padded clip, in one piece or in the largest tiles that fit into memory."""
        side = min(self.tile or max(lr.shape[-2:]), max(lr.shape[-2:]))
        restored, fitting = with_less(lambda side: self._restore_tiles(lr, frames, side), side, SMALLEST_TILE)
        if fitting < side:
            self.tile = fitting
            self.remark = f"restored in tiles of {fitting} LR pixels a side, because memory ran out for larger ones"
        return restored

    def _restore_tiles(self, lr: Tensor, frames: list[int], side: int) -> Tensor:
        if side >= max(lr.shape[-2:]):
            return self._restore_checked(lr, frames)
        side, overlap, least = (
            -(-pixels // self.multiple) * self.multiple for pixels in (side, self.receptive_field, self.least)
        )
        restore = partial(self._restore_checked, frames=frames)
        return in_tiles(restore, lr, side=side, overlap=overlap, scale=self.scale, least=least)

    def _restore_checked(self, lr: Tensor, frames: list[int]) -> Tensor:
        restored = self.restore_wanted(lr, frames)
        expected = (lr.shape[-2] * self.scale, lr.shape[-1] * self.scale)
        if tuple(restored.shape[-2:]) != expected:
            found = f"{restored.shape[-1]}x{restored.shape[-2]} of {lr.shape[-1]}x{lr.shape[-2]}"
            raise ContractError(f"{type(self.network).__name__} makes {found}; x{self.scale} was asked for")
        return restored

    def restore_wanted(self, lr: Tensor, frames: list[int]) -> Tensor:
        """The wanted frames of a padded clip ``(T, 3, h, w)``, batch by batch."""
        pixels = lr.shape[-2] * lr.shape[-1] * self.scale**2 * (2 * (self.temporal_radius or 0) + 1)
        size = min(self._batch(pixels), max(1, len(frames)))
        restored, fitting = with_less(lambda size: self._restore_batches(lr, frames, size), size, 1)
        if fitting < size:
            self._most_pixels = fitting * pixels
        return restored

    def _batch(self, pixels: int) -> int:
        """How many frames, or windows, of so many pixels go through the network together."""
        if self._most_pixels is not None:
            return max(1, self._most_pixels // pixels)
        fewest = self.fewest_on_cpu if self.device.type == "cpu" else 1
        return max(fewest, self.batch_pixels.get(self.device.type, self.batch_pixels["cpu"]) // pixels)

    def _restore_batches(self, lr: Tensor, frames: list[int], size: int) -> Tensor:
        batches = torch.tensor(frames).tensor_split(-(-len(frames) // size))  # as even as possible: no last one alone
        return torch.cat([self.restore(self.gather(lr, batch.tolist())) for batch in batches])

    def gather(self, lr: Tensor, frames: list[int]) -> Tensor:
        """The input of `restore` for these frames: here the frames themselves."""
        return lr.index_select(0, positions(frames, lr.device))

    def restore(self, lr: Tensor) -> Tensor:
        """One batch ``(N, 3, h, w)`` to ``(N, 3, h * scale, w * scale)``."""
        restored: Tensor = self.network(lr)
        return restored


class LumaNetwork(FrameNetwork):
    """A network that restores Y of the bicubically enlarged frame; Cb and Cr stay bicubic.

    `network` takes Y of BT.601 in studio range ``(N, 1, H, W)`` to the same shape.
    """

    def restore(self, lr: Tensor) -> Tensor:
        enlarged = rgb_to_ycbcr(imresize(lr, float(self.scale)))
        restored = self.network(enlarged[:, :1])
        return ycbcr_to_rgb(torch.cat([restored, enlarged[:, 1:]], dim=1))


class WindowNetwork(FrameNetwork):
    """An SR method that restores a frame from itself and `radius` neighbours on each side; a clip's ends are repeated.

    `network` takes ``(N, 2 * radius + 1, 3, h, w)`` to the middle frame, ``(N, 3, h * scale, w * scale)``.
    """

    fewest_on_cpu = 3
    """For a single window, torch convolves in space and time by another route, which takes three to five times as long.
    Split evenly, batches of up to three have at least two."""

    def __init__(
        self,
        network: nn.Module,
        *,
        scale: int,
        device: torch.device,
        radius: int,
        multiple: int = 1,
        least: int = 1,
    ) -> None:
        super().__init__(network, scale=scale, device=device, multiple=multiple, least=least)
        self.temporal_radius: int = radius

    def gather(self, lr: Tensor, frames: list[int]) -> Tensor:
        """The windows around these frames ``(N, 2 * radius + 1, 3, h, w)``."""
        middle = positions(frames, lr.device)[:, None]
        around = torch.arange(-self.temporal_radius, self.temporal_radius + 1, device=lr.device)
        windows = (middle + around).clamp(0, len(lr) - 1)
        return lr.index_select(0, windows.flatten()).reshape(*windows.shape, *lr.shape[1:])


class ClipNetwork(FrameNetwork):
    """An SR method that restores the whole clip at once, as recurrent networks do; only the wanted frames are kept.

    `network` takes ``(1, T, 3, h, w)`` to ``(1, T, 3, h * scale, w * scale)``. The last frame of a clip of fewer than
    `shortest` frames is repeated.
    """

    temporal_radius = None

    def __init__(
        self,
        network: nn.Module,
        *,
        scale: int,
        device: torch.device,
        shortest: int = 1,
        multiple: int = 1,
        least: int = 1,
    ) -> None:
        super().__init__(network, scale=scale, device=device, multiple=multiple, least=least)
        self.shortest = shortest

    def restore_wanted(self, lr: Tensor, frames: list[int]) -> Tensor:
        """The wanted frames of a padded clip ``(T, 3, h, w)``."""
        missing = max(0, self.shortest - len(lr))
        whole = torch.cat([lr, lr[-1:].expand(missing, -1, -1, -1)])
        return self.restore(whole[None])[0].index_select(0, positions(frames, lr.device))


def pad_edges(frames: Tensor, multiple: int, least: int) -> Tensor:
    """Repeat the last row and column of ``(T, C, h, w)``: sides become multiples of `multiple`, at least `least`."""
    down, right = (-(-max(side, least) // multiple) * multiple - side for side in frames.shape[-2:])
    return pad(frames, (0, right, 0, down), mode="replicate") if down or right else frames


class HighResolution:
    """The ceiling: returns the frames it is given, which for a method of source ``hr`` are the HR frames."""

    temporal_radius = 0

    def __init__(self, *, scale: int, device: torch.device, weights: Path | None = None) -> None:
        pass

    def upscale(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
        """The wanted frames, unchanged."""
        return lr.index_select(0, positions(frames, lr.device))


class Resize:
    """Interpolation without learning; subclasses choose the kernel."""

    temporal_radius = 0

    def __init__(self, *, scale: int, device: torch.device, weights: Path | None = None) -> None:
        self.scale = scale

    def upscale(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
        """Enlarge the wanted frames of the LR clip ``(T, 3, h, w)`` by the scale factor."""
        return self.resize(lr.index_select(0, positions(frames, lr.device)))

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
