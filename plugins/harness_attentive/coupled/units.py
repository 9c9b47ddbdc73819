"""What the recogniser sees: the features of both streams of I3D, averaged over space, one unit for each time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from harness.contracts import Wants
from harness.errors import UsageError, WeightsError, WeightsMissingError
from harness.files import sha256
from harness_attentive.network import STRIDES
from harness_attentive.recognizer import LEAST_SIDE
from harness_attentive.starting import FIRST, backbone_of, kinetics_file
from harness_i3d import KINETICS
from harness_i3d.network import FEATURES
from harness_i3d.recognizer import CHANNELS, Recognizer
from harness_mmaction.views.crops import Views


@dataclass(frozen=True)
class TwoStreams:
    """Both streams of I3D."""

    spatial: Recognizer
    temporal: Recognizer
    channels: int
    """Of a unit."""

    @property
    def device(self) -> torch.device:
        return self.spatial.device

    def wants(self, num_frames: int) -> Wants:
        """The middle frames and pairs."""
        return Wants(self.spatial.wants(num_frames).frames, self.temporal.wants(num_frames).pairs)

    def units(self, frames: Tensor, flow: Tensor) -> Tensor:
        """``(2, T / 8, channels)``, T rounded up: spatial, then temporal; arguments as those of `scores`."""
        found = (stream.features(frames, flow) for stream in (self.spatial, self.temporal))
        return torch.stack([features.mean(dim=(2, 3)).T for features in found])


@dataclass(frozen=True)
class Seen:
    """Options of the recogniser that make its units. Raises `UsageError` for those out of range."""

    features: str = ""
    frames: int = 64
    short_side: int = 256
    input_size: int = 224
    flow_bound: float = 20.0

    def __post_init__(self) -> None:
        if self.frames < 1 or self.input_size < LEAST_SIDE or not self.flow_bound > 0:
            raise UsageError(
                f"coupled: frames={self.frames}, input_size={self.input_size}, flow_bound={self.flow_bound:g}: the "
                f"least are 1 frame, {LEAST_SIDE} pixels and a flow_bound above 0"
            )

    @classmethod
    def of(cls, options: Any) -> Seen:
        """Those among all options of the recogniser."""
        return cls(**{field.name: options[field.name] for field in fields(cls)})

    @property
    def count(self) -> int:
        """Units of a stream."""
        return -(-self.frames // STRIDES[0])

    def streams(self, device: torch.device) -> TwoStreams:
        """Both streams with their weights.

        Raises `WeightsMissingError` if a file is not there, and `WeightsError` for weights of another network, or if
        one stream is narrower than the other.
        """
        view = Views("centre", mirror=False, short_side=self.short_side, input_size=self.input_size)
        networks = {stream: backbone_of(file_of(self.features, stream), CHANNELS[stream]) for stream in CHANNELS}
        widths = {network.Conv3d_1a_7x7.conv3d.out_channels for network in networks.values()}
        if len(widths) > 1:
            raise WeightsError(f"coupled:features={self.features}: one stream is narrower than the other")
        spatial, temporal = (
            Recognizer(network.to(device).eval().requires_grad_(False), stream, self.frames, self.flow_bound, device,
                       view=view)
            for stream, network in networks.items()
        )  # fmt: skip
        return TwoStreams(spatial, temporal, FEATURES * widths.pop() // FIRST)

    def in_words(self) -> str:
        """For a card: the files of the weights with their checksums."""
        if not self.features:
            return f"I3D's weights for Kinetics-400, sha256 {KINETICS.sha256}; for flow the mean of their first kernels"
        files = (file_of(self.features, stream) for stream in CHANNELS)
        return "; ".join(f"{file.name}, sha256 {sha256(file)}" for file in files)


def file_of(features: str, stream: str) -> Path:
    """The weights that make a stream's features; Kinetics' where `features` is empty. Raises `WeightsMissingError`."""
    if not features:
        return kinetics_file(1)
    file = Path(features.replace("{stream}", stream)).expanduser()
    if not file.is_file():
        raise WeightsMissingError(
            f"coupled:features={features}: no file {file}; correct the path, or make such weights of both streams with "
            "harness train attentive"
        )
    return file


def digest(features: str) -> str:
    """A checksum of the weights of both streams."""
    if not features:
        return KINETICS.sha256
    return hashlib.sha256("".join(sha256(file_of(features, stream)) for stream in CHANNELS).encode()).hexdigest()
