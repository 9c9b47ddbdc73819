"""RAFT, by torchvision's network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torchvision.models.optical_flow import raft_large, raft_small

from harness.errors import UnknownNameError, UsageError
from harness.weights.loading import load_into
from harness_optical_flow.network import NetworkFlow, chosen_file

SIZES: Mapping[str, Callable[[], nn.Module]] = MappingProxyType({"large": raft_large, "small": raft_small})
MULTIPLE, LEAST = 8, 128
"""Features have an eighth of the frame's size, and a pyramid of four levels needs 16 of them along each side."""


class Raft(nn.Module):
    """torchvision's RAFT (Teed and Deng, ECCV 2020): two ``(N, 3, H, W)`` in [0, 1] to ``(N, 2, H, W)`` in pixels.

    H and W must be multiples of 8, and at least 128. The flow is that of the last of `updates` refinements.
    """

    def __init__(self, network: nn.Module, updates: int) -> None:
        super().__init__()
        self.network = network
        self.updates = updates

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        flow: Tensor = self.network(2 * first - 1, 2 * second - 1, num_flow_updates=self.updates)[-1]
        return flow


def build(
    *, device: torch.device, weights: Path | None, checkpoint: str | None = None, size: str = "large", updates: int = 12
) -> NetworkFlow:
    """The estimator with torchvision's weights for `size`, ``large`` or ``small``; `checkpoint` is the user's file.

    A pair of P pixels takes about P * P / 768 bytes for the correlation of all its features: 8 MB for 320x240, 1.1 GB
    for 1280x720. Raises `UnknownNameError` for another size, `UsageError` without updates, `WeightsMissingError`
    without a file, and `WeightsError` for one that does not fit.
    """
    if size not in SIZES:
        raise UnknownNameError("size of RAFT", size, SIZES)
    if updates < 1:
        raise UsageError(f"raft: updates={updates}: must be at least 1")
    network = SIZES[size]()
    load_into(network, chosen_file("raft", checkpoint, weights), f"is it RAFT of size={size}?")
    return NetworkFlow(Raft(network, updates), device=device, multiple=MULTIPLE, least=LEAST)
