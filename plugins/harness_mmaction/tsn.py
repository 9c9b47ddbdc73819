"""Temporal segment networks as a recogniser.

Source: Wang et al., Temporal Segment Networks, ECCV 2016; networks and heads are MMAction2's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from harness.contracts import Wants
from harness.errors import UnknownNameError, UsageError, WeightsMissingError
from harness.video import flow_input
from harness_mmaction.networks.network import build_network, builtin_config, config_of_file, load_checkpoint, raw_scores
from harness_mmaction.views import sampling as positions
from harness_mmaction.views.crops import Views


@dataclass(frozen=True)
class SpatialStream:
    """Looks at frames. Implements `harness.contracts.StreamRecognizer` and `harness.contracts.JudgingStream`."""

    network: nn.Module
    sampling: positions.Sampling
    segments: int
    views: Views

    def wants(self, num_frames: int) -> Wants:
        """One frame per segment."""
        return Wants(frames=tuple(positions.frames(self.sampling, num_frames, self.segments)))

    def scores(self, frames: Tensor, flow: Tensor) -> Tensor:
        """Scores before softmax ``(num_classes,)`` of frames ``(segments, 3, H, W)`` in [0, 1], mean over all views."""
        levels = torch.round(frames * 255)
        with torch.inference_mode():
            return raw_scores(self.network, self.views.of_frames(levels))

    @property
    def input_size(self) -> int:
        return self.views.input_size

    def features(self, frames: Tensor) -> Tensor:
        network: Any = self.network
        prepared = network.data_preprocessor({"inputs": [frames * 255], "data_samples": [None]})["inputs"]
        found: Tensor = network.backbone(prepared.flatten(0, 1))
        return found

    def classify(self, features: Tensor) -> Tensor:
        network: Any = self.network
        scores: Tensor = network.cls_head(features, num_segs=1)
        return scores


@dataclass(frozen=True)
class TemporalStream:
    """Looks at stacks of optical flow, clipped at +-`bound` pixels. Implements `harness.contracts.StreamRecognizer`."""

    network: nn.Module
    sampling: positions.Sampling
    segments: int
    views: Views
    stack: int
    bound: float

    def wants(self, num_frames: int) -> Wants:
        """`stack` consecutive frame pairs per segment."""
        return Wants(pairs=tuple(positions.pairs(self.sampling, num_frames, self.segments, self.stack)))

    def scores(self, frames: Tensor, flow: Tensor) -> Tensor:
        """Scores before softmax ``(num_classes,)`` of flow ``(segments * stack, 2, H, W)`` in pixels, all views."""
        levels = flow_input.quantise(flow, self.bound)
        with torch.inference_mode():
            stacked = partial(flow_input.stacks, length=self.stack)
            return raw_scores(self.network, self.views.of_flow(levels, stacked))


def build(
    *,
    stream: str,
    class_names: Sequence[str],
    device: torch.device,
    weights: Path | None = None,
    config: str = "",
    checkpoint: str = "",
    segments: int = 25,
    sampling: str = "tsn",
    crops: str = "ten",
    mirror: bool = False,
    short_side: int = 256,
    input_size: int = 224,
    flow_bound: float = 20.0,
    stack: int = 5,
) -> SpatialStream | TemporalStream:
    """One stream of TSN.

    `config` is a TSN config of MMAction2 (empty: the built-in EfficientNet-lite0) and `checkpoint` a file of
    weights for it (empty: `weights`, from the catalogue); ``{stream}`` in either becomes the stream's name, because the
    two streams have different files.
    `sampling` is ``tsn`` or ``mmaction`` (`harness_mmaction.views.sampling`); `crops`, `mirror`, `short_side` and
    `input_size` make the views (`views.crops.Views`). `flow_bound` is in pixels, `stack` counts frame pairs.
    Raises `UsageError` for options that do not go together and `WeightsError` for weights that are missing, unsafe, or
    of another network or number of classes.
    """
    if stream not in ("spatial", "temporal"):
        raise UnknownNameError("stream of 'tsn'", stream, ("spatial", "temporal"))
    if sampling not in positions.SAMPLINGS:
        raise UnknownNameError("value of tsn:sampling", sampling, positions.SAMPLINGS)
    if min(segments, stack) < 1 or not flow_bound > 0:
        raise UsageError("tsn: segments, stack and flow_bound must be positive")
    views = Views(crops, mirror, short_side, input_size)
    if config:
        description = config_of_file(config.replace("{stream}", stream), len(class_names))
    else:
        description = builtin_config(stream, len(class_names), stack=stack)
    network = build_network(description, f"tsn:config={config}")
    file = Path(checkpoint.replace("{stream}", stream)) if checkpoint else weights
    if file is None:
        raise WeightsMissingError(f"tsn: no weights for the {stream} stream; give checkpoint=FILE")
    load_checkpoint(network, file, len(class_names))
    network = network.to(device).eval().requires_grad_(False)
    if stream == "spatial":
        return SpatialStream(network, positions.SAMPLINGS[sampling], segments, views)
    return TemporalStream(network, positions.SAMPLINGS[sampling], segments, views, stack, flow_bound)
