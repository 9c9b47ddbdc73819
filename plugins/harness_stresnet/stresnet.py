"""ST-ResNet as a recogniser of one stream, `joint`.

Source: Feichtenhofer et al., Spatiotemporal Residual Networks for Video Action Recognition, NIPS 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from harness.contracts import Wants
from harness.errors import UnknownNameError, UsageError, WeightsMissingError
from harness.video import flow_input
from harness_mmaction.views.crops import Views
from harness_stresnet.network import build_network, description, load_checkpoint, raw_scores
from harness_stresnet.sampling import middles, pairs_around


@dataclass(frozen=True)
class JointStream:
    """Frames, each with a stack of flow around it. Implements `harness.contracts.JointRecognizer`."""

    network: nn.Module
    segments: int
    views: Views
    stack: int
    bound: float

    def wants(self, num_frames: int) -> Wants:
        """The middle frame of every segment, and `stack` pairs around each."""
        frames = middles(num_frames, self.segments)
        pairs = [pair for frame in frames for pair in pairs_around(frame, num_frames, self.stack)]
        return Wants(tuple(frames), tuple(pairs))

    def scores(self, frames: Tensor, flow: Tensor) -> Tensor:
        """The mean of both classifiers' scores, ``(num_classes,)``."""
        return self.stream_scores(frames, flow).mean(dim=0)

    def stream_scores(self, frames: Tensor, flow: Tensor) -> Tensor:
        """Scores before softmax ``(2, num_classes)``, appearance and motion, mean over positions and views.

        `frames` are ``(segments, 3, H, W)`` in [0, 1], `flow` is ``(segments * stack, 2, H, W)`` in pixels.
        """
        stacked = partial(flow_input.stacks, length=self.stack)
        rgb = self.views.of_frames(torch.round(frames * 255))
        moved = self.views.of_flow(flow_input.quantise(flow, self.bound), stacked)
        clips = zip(rgb.chunk(len(rgb) // self.segments), moved.chunk(len(moved) // self.segments), strict=True)
        with torch.inference_mode():
            found = [raw_scores(self.network, look, move) for look, move in clips]
        return torch.stack(found).mean(dim=0)


def build(
    *,
    stream: str,
    class_names: Sequence[str],
    device: torch.device,
    weights: Path | None = None,
    checkpoint: str = "",
    injection: str = "add",
    depth: int = 50,
    width: int = 64,
    temporal_pool: bool = True,
    segments: int = 25,
    crops: str = "full",
    mirror: bool = True,
    short_side: int = 256,
    input_size: int = 224,
    flow_bound: float = 20.0,
    stack: int = 10,
) -> JointStream:
    """ST-ResNet from a file of weights, `checkpoint` or (empty) `weights`.

    `injection`, `depth`, `width`, `temporal_pool` and `stack` (frame pairs) define the network
    (`harness_stresnet.backbone.STResNet`); `crops`, `mirror`, `short_side` and `input_size` the views
    (`Views`); `flow_bound` is in pixels. Raises `UsageError` for options that do not go together
    and `WeightsError` for weights that are missing, unsafe, or of another network or number of classes.
    """
    if stream != "joint":
        raise UnknownNameError("stream of 'stresnet'", stream, ("joint",))
    if min(segments, stack, width) < 1 or not flow_bound > 0:
        raise UsageError("stresnet: segments, stack, width and flow_bound must be positive")
    views = Views(crops, mirror, short_side, input_size)
    file = Path(checkpoint) if checkpoint else weights
    if file is None:
        raise WeightsMissingError("stresnet: no weights; give checkpoint=FILE")
    settings = description(
        len(class_names), stack=stack, width=width, depth=depth, injection=injection, temporal_pool=temporal_pool
    )
    network = build_network(settings)
    load_checkpoint(network, file, len(class_names))
    network = network.to(device).eval().requires_grad_(False)
    return JointStream(network, segments, views, stack, flow_bound)
