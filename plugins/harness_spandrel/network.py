"""A network found by its weights. The file is read by our own loader, so nothing in it is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from spandrel import ImageModelDescriptor, ModelLoader, UnsupportedModelError
from torch import Tensor, nn

from harness.errors import WeightsError, WeightsMissingError, one_line
from harness.methods import FrameNetwork
from harness.weights.loading import load_states, require_finite
from harness.weights.states import State, meanings

ROOM = 20
"""Layers without weights, such as activations, that there may be for one with weights."""
DIGITS = 9


class PaddedNetwork(nn.Module):
    """A network with spandrel's knowledge of it: the sizes it takes, to which frames are padded, and how it is called.

    Takes ``(N, 3, h, w)`` in [0, 1] to ``(N, 3, h * scale, w * scale)`` in [0, 1]; frames go one by one, because
    some architectures take no more.
    """

    def __init__(self, descriptor: Any) -> None:
        super().__init__()
        self.model: nn.Module = descriptor.model
        self.descriptor = descriptor

    def forward(self, lr: Tensor) -> Tensor:
        return torch.cat([self.descriptor(frame[None]) for frame in lr])


def build(
    *, scale: int, device: torch.device, weights: Path | None = None, checkpoint: str | None = None
) -> FrameNetwork:
    """The SR method of the network that a file of weights is for; `checkpoint` overrides `weights`.

    Raises `WeightsMissingError` without a file, and `WeightsError` for one that is broken, that belongs to no known
    architecture, or whose network enlarges by another factor or does not take and make RGB.
    """
    path = Path(checkpoint).expanduser() if checkpoint else weights
    if path is None:
        raise WeightsMissingError("spandrel needs a file of weights; give checkpoint=FILE")
    descriptor = recognised(path)
    _require_fitting(descriptor, scale, path)
    return FrameNetwork(PaddedNetwork(descriptor), scale=scale, device=device)


def recognised(path: Path) -> Any:
    """spandrel's descriptor of the network that a file is for. Raises `WeightsError` if there is none."""
    reason = "spandrel knows no architecture with such weights"
    for state in meanings(load_states(path)):
        if _highest_number(state) > ROOM * (len(state.tensors) + 1):
            reason = "damaged: its layers are numbered far beyond their count"
            continue
        try:
            descriptor = ModelLoader("cpu").load_from_state_dict(dict(state.tensors))
        except UnsupportedModelError:
            continue
        except Exception as error:  # of an architecture that takes these weights for its own, and fails in any way
            reason = f"its weights are those of no whole network: {one_line(error)}"
            continue
        require_finite(state.tensors, path)
        return descriptor
    raise WeightsError(f"{path}: {reason}")


def _highest_number(state: State) -> int:
    """The highest number of a layer: a network of as many would be made."""
    parts = (part for key in state.tensors for part in key.split("."))
    return max((int(part[:DIGITS]) for part in parts if part.isdecimal()), default=0)


def _require_fitting(descriptor: Any, scale: int, path: Path) -> None:
    name = f"{path}: its network, {descriptor.architecture.name},"
    if not isinstance(descriptor, ImageModelDescriptor):
        raise WeightsError(f"{name} fills in parts of pictures and does not enlarge them; it cannot be compared here")
    channels = (descriptor.input_channels, descriptor.output_channels)
    if channels != (3, 3):
        made = f"takes {channels[0]} channels and makes {channels[1]}"
        raise WeightsError(f"{name} {made}; only networks for RGB, with 3 of both, can be compared, not grey or alpha")
    if descriptor.scale != scale:
        raise WeightsError(f"{name} enlarges by {descriptor.scale}, but {scale} is asked for; take a file for x{scale}")
