"""A plugin file with a recogniser that tells what it was shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from harness.contracts import Wants
from harness.hookspecs import hookimpl
from harness.specs import FlowSpec, RecognizerSpec


class Watcher:
    """Its scores are the length of the clip, then the level of three frames, or the change over two pairs."""

    def __init__(
        self, *, stream: str, class_names: Sequence[str], device: torch.device, weights: Path | None = None
    ) -> None:
        self.stream, self.classes = stream, len(class_names)

    def wants(self, num_frames: int) -> Wants:
        self.length, last = num_frames, num_frames - 1
        if self.stream == "spatial":
            return Wants(frames=(0, 1, last))
        return Wants(pairs=((0, 1), (min(1, last - 1), min(2, last))))

    def scores(self, frames: Tensor, flow: Tensor) -> Tensor:
        given = (frames if self.stream == "spatial" else flow).double().mean(dim=(1, 2, 3))
        return torch.cat([torch.tensor([self.length]), given, torch.zeros(self.classes)])[: self.classes]


class Change:
    """Flow that says how much changes."""

    def __init__(self, *, device: torch.device) -> None:
        pass

    def flow(self, first: Tensor, second: Tensor) -> Tensor:
        return (second - first).abs().mean(dim=1, keepdim=True).expand(-1, 2, -1, -1)


@hookimpl
def harness_recognizers() -> Iterator[RecognizerSpec]:
    yield RecognizerSpec("watcher", "tells what it was shown", f"{__name__}:Watcher", needs_weights=False)


@hookimpl
def harness_flows() -> Iterator[FlowSpec]:
    yield FlowSpec("change", "how much changes", f"{__name__}:Change")
