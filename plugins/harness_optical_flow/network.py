"""What estimators that are networks share: sizes that the network can take, and batches that fit into memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import torch
from torch import Tensor, nn

from harness.errors import WeightsMissingError
from harness.methods import pad_edges


class NetworkFlow:
    """Flow of many pairs by a network. Implements `harness.contracts.FlowEstimator`.

    `network` takes two ``(N, 3, H, W)`` in [0, 1] to ``(N, 2, H, W)`` in pixels. It is put on `device` in evaluation
    mode, and its weights are frozen; gradients reach the frames. Frames whose sides are not multiples of `multiple`
    or are below `least` pixels are padded at the bottom and the right by repeating the edge, and the flow is cropped.
    """

    batch_pixels: Mapping[str, int] = MappingProxyType({"cpu": 1 << 18, "cuda": 1 << 22})
    """Pixels of first frames that go through the network at once, by kind of device: 3 pairs of 320x240 on a CPU."""

    def __init__(self, network: nn.Module, *, device: torch.device, multiple: int = 1, least: int = 1) -> None:
        self.network = network.to(device).eval().requires_grad_(False)
        self.device = device
        self.multiple = multiple
        self.least = least

    def flow(self, first: Tensor, second: Tensor) -> Tensor:
        """Flow of each pair: two ``(N, 3, H, W)`` in [0, 1] to ``(N, 2, H, W)`` in pixels, on the device of `first`."""
        if not len(first):
            return first.new_zeros((0, 2, *first.shape[-2:]))
        size = self._batch_size(first)
        batches = [slice(start, start + size) for start in range(0, len(first), size)]
        return torch.cat([self._estimate(first[batch], second[batch]) for batch in batches]).to(first.device)

    def _batch_size(self, frames: Tensor) -> int:
        height, width = self._padded(frames[:1]).shape[-2:]
        most = self.batch_pixels.get(self.device.type, self.batch_pixels["cpu"])
        return max(1, most // (height * width))

    def _estimate(self, first: Tensor, second: Tensor) -> Tensor:
        height, width = first.shape[-2:]
        flow: Tensor = self.network(self._padded(first), self._padded(second))
        return flow[..., :height, :width]

    def _padded(self, frames: Tensor) -> Tensor:
        return pad_edges(frames.to(self.device), self.multiple, self.least)


def chosen_file(name: str, checkpoint: str | None, weights: Path | None) -> Path:
    """The user's own file, or else the installed weights. Raises `WeightsMissingError` if there is neither."""
    path = Path(checkpoint).expanduser() if checkpoint else weights
    if path is None:
        raise WeightsMissingError(f"{name} needs weights: {name}:checkpoint=FILE")
    return path
