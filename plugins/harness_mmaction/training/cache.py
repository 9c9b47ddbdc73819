"""Clips of a training split, decoded once, and their optical flow: 8-bit arrays that are read at random."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.contracts import Clip, Dataset, FlowEstimator, Progress
from harness.datasets.annotated import split_digest
from harness.video.flow_input import quantise
from harness.video.frames import to_tensor

FORMAT = 1
PAIRS_AT_ONCE = 64
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Entry:
    """One clip in a cache: where it begins, in bytes, and its shape ``(T, H, W, C)``."""

    clip: str
    label: int
    group: str
    offset: int
    shape: tuple[int, int, int, int]


@dataclass(frozen=True)
class ClipCache:
    """uint8 arrays ``(T, H, W, C)`` of clips, memory-mapped: frames (C = 3) or flow levels (C = 2, x and y)."""

    folder: Path
    entries: Sequence[Entry]
    data: Bytes

    @classmethod
    def load(cls, folder: Path) -> ClipCache:
        """Open a cache that is complete."""
        rows = json.loads((folder / "index.json").read_text())
        entries = [Entry(**{**row, "shape": tuple(row["shape"])}) for row in rows]
        return cls(folder, entries, np.memmap(folder / "data.u8", dtype=np.uint8, mode="r"))

    def array(self, index: int) -> Bytes:
        """The clip with this number, read-only."""
        entry = self.entries[index]
        size = int(np.prod(entry.shape))
        return self.data[entry.offset : entry.offset + size].reshape(entry.shape)

    def levels(self, index: int, positions: Sequence[int]) -> Tensor:
        """Some of the images of a clip, ``(N, C, H, W)`` in 0..255."""
        return torch.from_numpy(self.array(index)[positions]).permute(0, 3, 1, 2).float()


def frame_cache(root: Path, dataset: Dataset, clips: Sequence[Clip], progress: Progress) -> ClipCache:
    """The decoded frames of the clips; made under `root` where it is not there yet."""

    def arrays() -> Iterator[Bytes]:
        for clip in clips:
            yield dataset.open(clip).read()

    return _cache(root, ["frames", split_digest(clips)], clips, arrays, progress)


def flow_cache(
    root: Path, frames: ClipCache, clips: Sequence[Clip], estimator: FlowEstimator, name: str, bound: float,
    progress: Progress,
) -> ClipCache:  # fmt: skip
    """Flow between consecutive frames as 8-bit levels (`harness.video.flow_input.quantise` with `bound`).

    `name` is the estimator with all its options. A clip of one frame is paired with itself.
    """

    def arrays() -> Iterator[Bytes]:
        for index in range(len(clips)):
            yield _flow_levels(frames.array(index), estimator, bound)

    return _cache(root, ["flow", split_digest(clips), name, bound], clips, arrays, progress)


def _flow_levels(frames: Bytes, estimator: FlowEstimator, bound: float) -> Bytes:
    images = to_tensor(np.array(frames))
    first, second = (images[:-1], images[1:]) if len(images) > 1 else (images, images)
    levels = []
    for start in range(0, len(first), PAIRS_AT_ONCE):
        part = slice(start, start + PAIRS_AT_ONCE)
        levels.append(quantise(estimator.flow(first[part], second[part]), bound).permute(0, 2, 3, 1).byte().numpy())
    return np.concatenate(levels)


def _cache(
    root: Path,
    identity: list[object],
    clips: Sequence[Clip],
    arrays: Callable[[], Iterator[Bytes]],
    progress: Progress,
) -> ClipCache:
    """Make a cache in a folder of its own and rename it when it is whole, so that an interrupted one is never used."""
    key = hashlib.sha256(json.dumps([FORMAT, *identity]).encode()).hexdigest()[:16]
    folder = root / f"{identity[0]}-{key}"
    if (folder / "index.json").is_file():
        return ClipCache.load(folder)
    partial = root / f".{folder.name}.{os.getpid()}"
    partial.mkdir(parents=True, exist_ok=True)
    try:
        entries, offset = [], 0
        with (partial / "data.u8").open("wb") as file:
            for done, (clip, array) in enumerate(zip(clips, arrays(), strict=True), 1):
                file.write(array.tobytes())
                entries.append(Entry(clip.id, clip.label, clip.group, offset, array.shape))
                offset += array.size
                progress(done, len(clips))
        (partial / "index.json").write_text(json.dumps([asdict(entry) for entry in entries]))
        if not folder.exists():  # another process may have made the same one meanwhile
            partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return ClipCache.load(folder)
