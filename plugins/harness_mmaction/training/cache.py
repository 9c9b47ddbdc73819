"""What the training of recognisers keeps of each clip: frames or optical flow in 8 bits, no larger than needed.

Flow is estimated on frames of the clip's own size, clipped and quantised, and only then made smaller: in the same
order as in a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.contracts import Clip, FlowEstimator, Progress
from harness.datasets.digests import split_digest
from harness.training.cache import caches_folder, open_cache
from harness.training.restored import Restoring
from harness.training.setting import Setting
from harness.training.store import Arrays, Maker, Origin, Shapes, Store, read_index
from harness.video.flow_input import quantise
from harness.video.frames import Video, multiple_of, to_tensor
from harness_mmaction.views.crops import resize_short_side, resized_size

FORMAT = 2
PAIRS_AT_ONCE = 64
DATA = "data"
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Entry:
    """One clip: its class, and the shape of what is kept of it, ``(T, H, W, C)`` of images."""

    clip: str
    label: int
    shape: tuple[int, ...]


@dataclass(frozen=True)
class ClipLayout:
    """One array a clip, of numbers of one type. Implements `harness.training.store.Layout`."""

    number: Any = np.uint8

    @property
    def numbers(self) -> Mapping[str, Any]:
        return {DATA: self.number}

    def shapes(self, entry: Entry) -> Shapes:
        return {DATA: entry.shape}

    def facts(self) -> dict[str, Any]:
        return {}


def open_store(folder: Path, layout: ClipLayout) -> Store[Entry]:
    """Open a cache that is complete."""
    index = read_index(folder)
    entries = [Entry(row["clip"], row["label"], tuple(row["shape"])) for row in index["entries"]]
    return Store.load(folder, layout, entries, index["stored"])


@dataclass(frozen=True)
class ClipCache:
    """uint8 arrays ``(T, H, W, C)`` of clips: frames (C = 3) or flow levels (C = 2, x and y)."""

    store: Store[Entry]

    @classmethod
    def load(cls, folder: Path) -> ClipCache:
        """Open a cache that is complete."""
        return cls(open_store(folder, ClipLayout()))

    @property
    def entries(self) -> Sequence[Entry]:
        return self.store.entries

    def array(self, index: int) -> Bytes:
        """The whole clip with this number, read-only."""
        return self.store.arrays(index)[DATA]

    def levels(self, index: int, positions: Sequence[int]) -> Tensor:
        """Some of the images of a clip, ``(N, C, H, W)`` in 0..255."""
        if index < self.store.stored:
            found = self.array(index)[positions]
        else:
            origin = self.store.origin
            assert isinstance(origin.maker, Look)
            clip = self.entries[index].clip
            found = origin.maker.images(origin.video(clip), positions, clip)
        return torch.from_numpy(found).permute(0, 3, 1, 2).float()


class Kept(Maker[Any], Protocol):
    """What a training of recognisers keeps of each clip."""

    @property
    def kind(self) -> str:
        """What the names of its folders begin with."""
        ...

    @property
    def channels(self) -> int:
        """Of an image or a unit of features: the caches of a training share their bound by it."""
        ...

    @property
    def flow(self) -> str:
        """For the card: the optical flow in it; empty for none."""
        ...

    def identity(self) -> Sequence[object]:
        """What is kept depends on this in addition to the clips, as JSON."""
        ...

    def in_words(self) -> str:
        """Of which size it is, for a plan."""
        ...

    def store(self, folder: Path) -> Store[Any]:
        """A complete cache of it, opened."""
        ...


def picked(video: Video, positions: Sequence[int], clip: str, restoring: Restoring | None) -> Bytes:
    """Frames of a clip, degraded and restored first if `restoring`: uint8 ``(len(positions), H, W, 3)``."""
    return restoring.pick(video, positions, clip) if restoring else video.pick(positions)


@dataclass(frozen=True)
class Look:
    """What is cached of clips: their frames, or with an `estimator` the flow between consecutive ones as levels
    (`harness.video.flow_input.quantise` with `bound`). Implements `Kept`.

    Images whose short side is above `short_side` are made smaller. A clip of one frame is paired with itself.
    """

    short_side: int
    estimator: FlowEstimator | None = None
    name: str = ""
    """The estimator with all its options."""
    bound: float = 0.0
    restoring: Restoring | None = None
    """What degrades and restores frames first; None keeps them as they are."""

    @property
    def layout(self) -> ClipLayout:
        return ClipLayout()

    @property
    def kind(self) -> str:
        return "flow" if self.estimator else "frames"

    @property
    def channels(self) -> int:
        return 2 if self.estimator else 3

    @property
    def flow(self) -> str:
        return f"{self.name}, HR frames, clipped at +-{self.bound} px, 8 bits" if self.estimator else ""

    def in_words(self) -> str:
        return f"of at most {self.short_side} px on the short side"

    def store(self, folder: Path) -> Store[Any]:
        return ClipCache.load(folder).store

    def identity(self) -> list[object]:
        """What the cached images depend on, in addition to the clips."""
        flow = [self.name, self.bound] if self.estimator else []
        restored = [self.restoring.identity] if self.restoring else []
        return [FORMAT, self.kind, self.short_side, *flow, *restored]

    def entries(self, clip: Clip, video: Video) -> Sequence[Entry]:
        size = multiple_of(video.size, self.restoring.scale) if self.restoring else video.size
        height, width = resized_size(size, min(self.short_side, *size))
        count = max(video.num_frames - 1, 1) if self.estimator else video.num_frames
        return [Entry(clip.id, clip.label, (count, height, width, self.channels))]

    def make(self, video: Video, entries: Sequence[Entry]) -> Iterator[Arrays]:
        for entry in entries:
            yield {DATA: self.images(video, range(entry.shape[0]), entry.clip)}

    def images(self, video: Video, positions: Sequence[int], clip: str) -> Bytes:
        """Frames, or fields of flow, of a clip, uint8 ``(len(positions), H, W, C)``."""
        if self.estimator is None:
            frames = picked(video, positions, clip, self.restoring)
            return self._small(torch.from_numpy(frames).permute(0, 3, 1, 2))
        last = video.num_frames - 1
        wanted = sorted({min(p + step, last) for p in positions for step in (0, 1)})
        frames = picked(video, wanted, clip, self.restoring)
        starts = np.searchsorted(wanted, positions)
        ends = np.searchsorted(wanted, [min(p + 1, last) for p in positions])
        parts = [slice(start, start + PAIRS_AT_ONCE) for start in range(0, len(positions), PAIRS_AT_ONCE)]
        return np.concatenate([self._flow(frames[starts[part]], frames[ends[part]]) for part in parts])

    def _flow(self, first: Bytes, second: Bytes) -> Bytes:
        assert self.estimator is not None
        with torch.no_grad():
            return self._small(quantise(self.estimator.flow(to_tensor(first), to_tensor(second)), self.bound))

    def _small(self, levels: Tensor) -> Bytes:
        """Whole levels ``(N, C, H, W)`` to uint8 ``(N, h, w, C)``, as test views are resized; never enlarged."""
        side = min(self.short_side, *levels.shape[-2:])
        return resize_short_side(levels, side).permute(0, 2, 3, 1).to(torch.uint8).contiguous().cpu().numpy()


def clip_cache(setting: Setting, look: Kept, bound: float, progress: Progress | None = None) -> Path:
    """The folder of a cache of a training's clips, as `harness.training.cache.open_cache` says."""
    identity = [*look.identity(), setting.source, split_digest(setting.clips)]
    origin = Origin(setting.dataset, setting.clips, look)
    return open_cache(caches_folder(), identity, origin, bound=bound, prefix=f"{look.kind}-", progress=progress)
