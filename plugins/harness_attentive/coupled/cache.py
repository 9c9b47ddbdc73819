"""What the training keeps of each clip: the units that the recogniser would see of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from harness.contracts import Clip, FlowEstimator
from harness.training.restored import Restoring
from harness.training.store import Arrays, Store
from harness.video.frames import Video, to_tensor
from harness_attentive.coupled.units import Seen, TwoStreams, digest
from harness_mmaction.training.cache import DATA, ClipLayout, Entry, open_store, picked

FORMAT = 1
LAYOUT = ClipLayout(np.float32)


@dataclass(frozen=True)
class UnitMaker:
    """Units float32 ``(2, T, channels)`` of clips, or of restored ones. Implements `harness_mmaction`'s `Kept`."""

    seen: Seen
    estimator: FlowEstimator
    name: str
    """The estimator with all its options."""
    device: torch.device
    restoring: Restoring | None = None
    kind = "features"

    @cached_property
    def streams(self) -> TwoStreams:
        return self.seen.streams(self.device)

    @property
    def layout(self) -> ClipLayout:
        return LAYOUT

    @property
    def channels(self) -> int:
        return self.streams.channels

    @property
    def flow(self) -> str:
        return f"{self.name}, HR and restored frames, clipped at +-{self.seen.flow_bound} px, 8 bits"

    def identity(self) -> Sequence[object]:
        seen = {**vars(self.seen), "features": digest(self.seen.features)}
        return [FORMAT, self.kind, seen, self.name, *([self.restoring.identity] if self.restoring else [])]

    def in_words(self) -> str:
        return f"of {self.seen.count} units of {self.channels} channels a stream"

    def store(self, folder: Path) -> Store[Any]:
        return open_store(folder, LAYOUT)

    def entries(self, clip: Clip, video: Video) -> Sequence[Entry]:
        return [Entry(clip.id, clip.label, (2, self.seen.count, self.channels))]

    def make(self, video: Video, entries: Sequence[Entry]) -> Iterator[Arrays]:
        for entry in entries:
            yield {DATA: self._units(video, entry.clip).cpu().numpy()}

    @torch.inference_mode()
    def _units(self, video: Video, clip: str) -> Tensor:
        """As in a run: flow is that between whole frames."""
        wants = self.streams.wants(video.num_frames)
        needed = sorted(wants.all_frames())
        frames = to_tensor(picked(video, needed, clip, self.restoring)).to(self.device)
        looked, first, second = (
            frames[np.searchsorted(needed, positions)] for positions in (wants.frames, *zip(*wants.pairs, strict=True))
        )
        return self.streams.units(looked, self.estimator.flow(first, second))
