"""Frames of a training split, decoded and degraded once, then read at random without decoding."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from harness.clips import balanced_subset, split_digest
from harness.contracts import Clip, Dataset, Degradation, Progress
from harness.errors import UsageError
from harness.frames import crop_to_multiple, to_tensor, to_uint8

FORMAT = 1
Role = Literal["train", "validate"]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Entry:
    """One cached frame; height and width are those of the HR frame."""

    clip: str
    frame: int
    height: int
    width: int
    role: Role


@dataclass(frozen=True)
class FrameCache:
    """Aligned LR and HR frames of a split, memory-mapped. Made by `open_cache`, opened again by `FrameCache.load`."""

    scale: int
    entries: Sequence[Entry]
    offsets: Sequence[int]
    """Where each HR frame begins, in bytes."""
    hr: Bytes
    lr: Bytes

    @classmethod
    def load(cls, folder: Path) -> FrameCache:
        """Open a cache that is complete."""
        index = json.loads((folder / "index.json").read_text())
        entries = [Entry(**entry) for entry in index["entries"]]
        sizes = [entry.height * entry.width * 3 for entry in entries]
        offsets = [0, *np.cumsum(sizes[:-1]).tolist()]
        maps = (np.memmap(folder / f"{name}.u8", dtype=np.uint8, mode="r") for name in ("hr", "lr"))
        return cls(index["scale"], entries, offsets, *maps)

    def indices(self, role: Role) -> list[int]:
        """Numbers of the frames to train on, or of those held out to validate on."""
        return [i for i, entry in enumerate(self.entries) if entry.role == role]

    def pair(self, index: int) -> tuple[Bytes, Bytes]:
        """LR ``(h, w, 3)`` and HR ``(h * scale, w * scale, 3)`` uint8 of one frame, read-only."""
        entry, offset = self.entries[index], self.offsets[index]
        height, width = entry.height, entry.width
        hr = self.hr[offset : offset + height * width * 3].reshape(height, width, 3)
        small, start = (height // self.scale, width // self.scale, 3), offset // self.scale**2
        return self.lr[start : start + small[0] * small[1] * 3].reshape(small), hr


def open_cache(
    root: Path,
    dataset: Dataset,
    clips: Sequence[Clip],
    degradation: Degradation,
    *,
    key: str,
    frames_per_clip: int,
    validation_clips: int,
    seed: int,
    progress: Progress | None = None,
) -> Path:
    """The folder of a cache of these clips under `root`; filled first where it is not there yet.

    Of each training clip `frames_per_clip` frames spread over its length are kept. `validation_clips` clips, even over
    the classes, are held out; so is every other clip of their groups, which is not used at all. HR frames are cropped
    to a multiple of the scale factor, degraded whole and rounded to 8 bits. `key` names the degradation with options.
    Raises `UsageError` when holding out leaves no clip to train on.
    """
    identity = [FORMAT, split_digest(clips), key, frames_per_clip, validation_clips, seed]
    folder = root / hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]
    if folder.is_dir():
        return folder
    roles = hold_out(clips, validation_clips, seed)
    wanted = [(clip, roles[clip.id]) for clip in clips if clip.id in roles]
    partial = root / f".{folder.name}.{os.getpid()}"
    partial.mkdir(parents=True)
    try:
        _fill(partial, dataset, wanted, degradation, frames_per_clip, progress)
        # a folder that another process put there meanwhile holds the same frames
        with suppress(OSError):
            partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def hold_out(clips: Sequence[Clip], count: int, seed: int) -> dict[str, Role]:
    """The role of each clip by id; clips that share a group with a held-out one have none."""
    chosen = {clip.id for clip in balanced_subset(clips, count, seed)}
    groups = {clip.group for clip in clips if clip.id in chosen}
    roles: dict[str, Role] = {clip.id: "train" for clip in clips if clip.group not in groups}
    if not roles:
        raise UsageError(
            f"holding out {count} clips for validation leaves none of {len(clips)} to train on: fewer, or more clips"
        )
    return roles | dict.fromkeys(chosen, "validate")


def _fill(
    folder: Path,
    dataset: Dataset,
    wanted: Sequence[tuple[Clip, Role]],
    degradation: Degradation,
    frames_per_clip: int,
    progress: Progress | None,
) -> None:
    entries: list[Entry] = []
    with (folder / "hr.u8").open("wb") as hr_file, (folder / "lr.u8").open("wb") as lr_file:
        for done, (clip, role) in enumerate(wanted, 1):
            count = frames_per_clip if role == "train" else 1
            for number, hr, lr in _frames(dataset, clip, degradation, count):
                hr_file.write(hr.tobytes())
                lr_file.write(lr.tobytes())
                entries.append(Entry(clip.id, number, hr.shape[0], hr.shape[1], role))
            if progress is not None:
                progress(done, len(wanted))
    index = {"scale": degradation.scale, "entries": [asdict(entry) for entry in entries]}
    (folder / "index.json").write_text(json.dumps(index))


def _frames(dataset: Dataset, clip: Clip, degradation: Degradation, count: int) -> Iterator[tuple[int, Bytes, Bytes]]:
    """`count` frames from the middles of equal parts of a clip: number, HR, LR."""
    frames = dataset.open(clip).read()
    parts = min(count, len(frames))
    numbers = [(2 * part + 1) * len(frames) // (2 * parts) for part in range(parts)]
    hr = crop_to_multiple(to_tensor(frames[numbers]), degradation.scale)
    lr = to_uint8(degradation.degrade(hr))
    yield from zip(numbers, to_uint8(hr), lr, strict=True)
