"""The network as a recogniser: I3D's sampling, a view of a size to be chosen, its own scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch

from harness.errors import UnknownNameError, UsageError, WeightsMissingError
from harness.weights.loading import fill, load_state
from harness_attentive.attention import VARIANTS
from harness_attentive.network import Attentive
from harness_i3d.network import LEAST_FRAMES, NARROWEST
from harness_i3d.recognizer import CHANNELS, Recognizer
from harness_mmaction.views.crops import Views

LEAST_SIDE = 32
"""Pixels to one place of the features."""


@dataclass(frozen=True)
class Form:
    """Options of the recogniser that make its network. Raises `UsageError` for those out of range."""

    attention: str = "joint"
    heads: int = 8
    frames: int = 64
    narrow: int = 1
    input_size: int = 224

    def __post_init__(self) -> None:
        if self.attention and self.attention not in VARIANTS:
            raise UnknownNameError("attention of 'attentive'", self.attention, VARIANTS)
        if self.heads < 1 or self.frames < LEAST_FRAMES or self.input_size < LEAST_SIDE:
            raise UsageError(
                f"attentive: heads={self.heads}, frames={self.frames}, input_size={self.input_size}: 1 head, "
                f"{LEAST_FRAMES} frames and {LEAST_SIDE} pixels are the least"
            )
        if self.narrow < 1 or NARROWEST % self.narrow:
            raise UsageError(f"attentive:narrow={self.narrow}: channels are divided by 1, 2, 4 or {NARROWEST}")

    @classmethod
    def of(cls, options: Any) -> Form:
        """Those among all options of the recogniser; the defaults where they say nothing."""
        return cls(**{field.name: options[field.name] for field in fields(cls) if field.name in options})

    def network(self, stream: str, num_classes: int) -> Attentive:
        """The network with random weights. Raises `UnknownNameError` for a stream that it has not."""
        if stream not in CHANNELS:
            raise UnknownNameError("stream of 'attentive'", stream, tuple(CHANNELS))
        return Attentive(
            num_classes, CHANNELS[stream], self.attention, self.heads, self.frames, self.input_size, self.narrow
        )

    def filled(self, stream: str, num_classes: int, file: Path) -> Attentive:
        """The network with the weights of a file. Raises `WeightsError` for those of another network."""
        network = self.network(stream, num_classes)
        given = ", ".join(f"{field.name}={getattr(self, field.name) or 'none'}" for field in fields(self))
        fill(network, load_state(file), file, f"it must be of {given}")
        return network


def build(
    *,
    stream: str,
    class_names: Sequence[str],
    device: torch.device,
    weights: Path | None = None,
    checkpoint: str | None = None,
    attention: str = "joint",
    heads: int = 8,
    frames: int = 64,
    narrow: int = 1,
    short_side: int = 256,
    input_size: int = 224,
    flow_bound: float = 20.0,
) -> Recognizer:
    """One stream with the weights in `checkpoint` (or `weights`, from the catalogue); ``{stream}`` in it is the stream.

    `attention` is one of `joint`, `factorised`, `temporal`, or empty for none; `heads` are of 64 channels. `frames`
    (pairs in the temporal stream) are the middle ones of a clip. `narrow` divides I3D's channels. The view is the
    middle `input_size` pixels of frames whose short side is `short_side`; `flow_bound` is in pixels. Raises
    `UsageError` for options out of range, and `WeightsError` for weights that are missing, unsafe or of another
    network.
    """
    form = Form(attention, heads, frames, narrow, input_size)
    view = Views("centre", mirror=False, short_side=short_side, input_size=input_size)
    if not flow_bound > 0:
        raise UsageError(f"attentive:flow_bound={flow_bound:g}: must be a positive number of pixels")
    file = Path(checkpoint.replace("{stream}", stream)).expanduser() if checkpoint else weights
    if file is None:
        raise WeightsMissingError(f"attentive: no weights for the {stream} stream; give checkpoint=FILE")
    network = form.filled(stream, len(class_names), file).to(device).eval().requires_grad_(False)
    return Recognizer(network, stream, frames, flow_bound, device, view=view)
