"""The network as a recogniser of one stream, `joint`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from harness.contracts import Wants
from harness.errors import UnknownNameError, WeightsError, WeightsMissingError
from harness.weights.header import described
from harness.weights.loading import fill, load_state
from harness_attentive.coupled.network import CoupledGRU
from harness_attentive.coupled.units import Seen, TwoStreams, digest


@dataclass(frozen=True)
class Coupled:
    """Units of both streams, read by the recurrent network. Implements `harness.contracts.StreamRecognizer`."""

    network: CoupledGRU
    streams: TwoStreams

    def wants(self, num_frames: int) -> Wants:
        """Consecutive frames in the middle, and as many pairs; a shorter clip begins anew where it ends."""
        return self.streams.wants(num_frames)

    def scores(self, frames: Tensor, flow: Tensor) -> Tensor:
        """Scores before softmax ``(num_classes,)``."""
        with torch.inference_mode():
            spatial, temporal = self.streams.units(frames, flow)
            found: Tensor = self.network(spatial[None], temporal[None])[0]
        return found


def build(
    *,
    stream: str,
    class_names: Sequence[str],
    device: torch.device,
    weights: Path | None = None,
    checkpoint: str = "",
    features: str = "",
    frames: int = 64,
    short_side: int = 256,
    input_size: int = 224,
    flow_bound: float = 20.0,
) -> Coupled:
    """The recurrent network of `checkpoint` (or `weights`, from the catalogue) over the features of I3D.

    `features` are weights of `attentive` or of I3D, with ``{stream}`` for ``spatial`` and ``temporal``; empty for those
    of Kinetics. `frames` (pairs for flow) are the middle ones of a clip; each 8 are a unit. The view is the middle
    `input_size` pixels of frames whose short side is `short_side`; `flow_bound` is in pixels. Raises `UsageError` for
    options out of range, and `WeightsError` for weights that are missing, unsafe, of another network, or learnt over
    other features.
    """
    if stream != "joint":
        raise UnknownNameError("stream of 'coupled'", stream, ("joint",))
    seen = Seen(features, frames, short_side, input_size, flow_bound)
    file = Path(checkpoint).expanduser() if checkpoint else weights
    if file is None:
        raise WeightsMissingError("coupled: no weights; give checkpoint=FILE")
    streams = seen.streams(device)
    network = load(file, len(class_names), streams.channels)
    _check_features(file, features)
    return Coupled(network.to(device).eval().requires_grad_(False), streams)


def load(file: Path, num_classes: int, channels: int) -> CoupledGRU:
    """The network of a file. Raises `WeightsError` for one of another network, or for other classes or units."""
    network = CoupledGRU(num_classes, channels)
    fill(network, load_state(file), file, f"it must be of {num_classes} classes over {channels} channels")
    return network


def _check_features(file: Path, features: str) -> None:
    """Raise `WeightsError` if a file says that it was learnt over other features."""
    learnt = described(file).get("features")
    if learnt and learnt != digest(features):
        raise WeightsError(
            f"{file}: was not learnt over the features of {features or 'Kinetics'}; give features=FILE, the weights "
            "that its data card names"
        )
