"""I3D as a recogniser: its sampling, its view, its scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from harness.contracts import Wants
from harness.errors import UnknownNameError, UsageError, WeightsMissingError
from harness.specs import OptionValue
from harness.video.flow_input import quantise
from harness_i3d import checkpoints
from harness_i3d.network import LEAST_FRAMES
from harness_mmaction.class_map import SHIPPED, ClassMap, describe_map, load_map
from harness_mmaction.views.crops import Views

CHANNELS = {"spatial": 3, "temporal": 2}
VIEW = Views("centre", mirror=False, short_side=256, input_size=224)
CENTRE = 127.5
"""Levels 0..255 become -1..1."""


class Network(Protocol):
    """I3D, or a network over its features, for clips ``(N, C, T, H, W)`` in [-1, 1]."""

    def features(self, clips: Tensor) -> Tensor:
        """What is before the classes, ``(N, 1024, T / 8, H / 32, W / 32)`` as published."""
        ...

    def __call__(self, clips: Tensor) -> Tensor:
        """Class scores ``(N, num_classes)``."""
        ...


@dataclass(frozen=True)
class Recognizer:
    """One stream of I3D on the middle frames of a clip. Implements `harness.contracts.StreamRecognizer`.

    Flow is clipped at +-`flow_bound` pixels. `view` is one view; as published the middle 224x224 pixels of frames
    whose short side is 256.
    """

    network: Network
    stream: str
    frames: int
    flow_bound: float
    device: torch.device
    classes: ClassMap | None = None
    view: Views = VIEW

    def wants(self, num_frames: int) -> Wants:
        """`frames` frames or consecutive pairs in the middle; a shorter clip begins anew where it ends."""
        if self.stream == "spatial":
            return Wants(frames=tuple(middle(num_frames, self.frames)))
        if num_frames == 1:
            return Wants(pairs=((0, 0),) * self.frames)
        return Wants(pairs=tuple((first, first + 1) for first in middle(num_frames - 1, self.frames)))

    def scores(self, frames: Tensor, flow: Tensor) -> Tensor:
        """Scores before softmax ``(num_classes,)``, mean over time."""
        with torch.inference_mode():
            found = self.network(self.clip(frames, flow)).squeeze(0).float()
        return self.classes.restrict(found) if self.classes is not None else found

    def features(self, frames: Tensor, flow: Tensor) -> Tensor:
        """What is before the classes, ``(1024, T / 8, 7, 7)``, T rounded up; arguments as `scores`."""
        with torch.inference_mode():
            return self.network.features(self.clip(frames, flow)).squeeze(0).float()

    def clip(self, frames: Tensor, flow: Tensor) -> Tensor:
        """What the network sees of the wanted frames or flow, ``(1, C, T, side, side)`` in [-1, 1]."""
        if self.stream == "spatial":
            views = self.view.of_frames(torch.round(frames * 255))
        else:
            views = self.view.of_flow(quantise(flow, self.flow_bound), lambda levels: levels)
        return shown(views.to(self.device))[None]


def shown(levels: Tensor) -> Tensor:
    """Levels of a view ``(T, C, H, W)`` in 0..255 as the network takes them: ``(C, T, H, W)`` in [-1, 1]."""
    return (levels / CENTRE - 1).transpose(0, 1)


def middle(count: int, length: int) -> list[int]:
    """`length` consecutive positions in the middle of 0..count-1; beyond the end they begin anew."""
    start = max(count - length, 0) // 2
    return [(start + step) % count for step in range(length)]


def build(
    *,
    stream: str,
    class_names: Sequence[str],
    device: torch.device,
    weights: Path | None = None,
    checkpoint: str | None = None,
    frames: int = 32,
    classes: str = "",
    flow_bound: float = 20.0,
) -> Recognizer:
    """One stream of I3D with the weights in `checkpoint` (or `weights`, from the catalogue).

    `frames` is how many it looks at (pairs in the temporal stream). `classes` is a mapping from the data set's classes
    to the model's (`harness_mmaction.class_map`), needed if they differ. `flow_bound` is in pixels.
    Raises `UsageError` for options out of range and for classes that do not match, and `WeightsError` for weights that
    are missing, unsafe or of another network.
    """
    if stream not in CHANNELS:
        raise UnknownNameError("stream of 'i3d'", stream, tuple(CHANNELS))
    if frames < LEAST_FRAMES:
        raise UsageError(f"i3d:frames={frames}: the network needs {LEAST_FRAMES} or more; published are 64")
    if not flow_bound > 0:
        raise UsageError(f"i3d:flow_bound={flow_bound:g}: must be a positive number of pixels")
    file = Path(checkpoint).expanduser() if checkpoint else weights
    if file is None:
        raise WeightsMissingError(f"i3d: no weights for the {stream} stream; give checkpoint=FILE")
    network = checkpoints.load(file, CHANNELS[stream])
    mapping = _mapping(network.num_classes, class_names, classes)
    network = network.to(device).eval().requires_grad_(False)
    return Recognizer(network, stream, frames, flow_bound, device, mapping)


def note(options: Mapping[str, OptionValue]) -> str:
    """What the leaderboard says about the scores: which classes they are of."""
    classes = str(options["classes"])
    return describe_map(classes) if classes else ""


def _mapping(model: int, names: Sequence[str], classes: str) -> ClassMap | None:
    if classes:
        return load_map(classes, names, model)
    if model != len(names):
        shipped = ", ".join(sorted(file.stem for file in SHIPPED.glob("*.csv")))
        raise UsageError(
            f"i3d: the weights are for {model} classes, but the data set has {len(names)}; say which is which with "
            f"classes=FILE (CSV: class,model_class; shipped: {shipped}), or give a checkpoint for its classes"
        )
    return None
