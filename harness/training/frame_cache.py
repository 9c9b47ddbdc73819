"""Frames of a training split, decoded and degraded once, then read at random without decoding."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.contracts import Clip, Dataset, Degradation, FlowEstimator, Progress
from harness.datasets.annotated import balanced_subset, split_digest
from harness.errors import UsageError
from harness.video.frames import Video, crop_to_multiple, to_tensor, to_uint8

FORMAT = 2
Role = Literal["train", "validate"]
Bytes = NDArray[np.uint8]
FILES: dict[str, Any] = {"hr": np.uint8, "lr": np.uint8, "flow": np.float16}
"""What a cache folder holds besides its index, and in which numbers."""
PORTION_PIXELS = 1 << 26
"""HR pixels of a clip that are worked on at once: 800 MB as float32."""


@dataclass(frozen=True)
class Layout:
    """What is kept of each chosen frame t: LR of t - before .. t + targets - 1 + after, HR of t .. t + targets - 1.

    The first and last frames of a clip are repeated where a window reaches beyond them. With `flow`, the optical flow
    from HR frame t to t + 1 is kept as well.
    """

    before: int = 0
    after: int = 0
    targets: int = 1
    flow: bool = False

    @property
    def lr_frames(self) -> int:
        return self.before + self.targets + self.after

    @property
    def reach(self) -> int:
        """HR frames after t that must exist."""
        return max(self.targets - 1, int(self.flow))


@dataclass(frozen=True)
class Entry:
    """One chosen frame; height and width are those of the HR frame."""

    clip: str
    frame: int
    height: int
    width: int
    role: Role


@dataclass(frozen=True)
class Item:
    """What is kept of one chosen frame, read-only: `lr` and `hr` as `Layout` says, `flow` ``(2, H, W)`` in pixels."""

    lr: Bytes
    hr: Bytes
    flow: NDArray[np.float16] | None


@dataclass(frozen=True)
class FrameCache:
    """Aligned LR and HR frames of a split, memory-mapped. Made by `open_cache`, opened again by `FrameCache.load`."""

    folder: Path
    scale: int
    layout: Layout
    entries: Sequence[Entry]
    starts: Sequence[int]
    """Pixels of HR frames before each entry's first, if each entry had one."""
    maps: dict[str, Any]

    @classmethod
    def load(cls, folder: Path) -> FrameCache:
        """Open a cache that is complete."""
        index = json.loads((folder / "index.json").read_text())
        entries = [Entry(**entry) for entry in index["entries"]]
        starts = [0, *np.cumsum([entry.height * entry.width for entry in entries]).tolist()]
        layout = Layout(**index["layout"])
        kept = [name for name in FILES if name != "flow" or layout.flow]
        maps = {name: np.memmap(folder / f"{name}.bin", dtype=FILES[name], mode="r") for name in kept}
        return cls(folder, index["scale"], layout, entries, starts, maps)

    def indices(self, role: Role) -> list[int]:
        """Numbers of the frames to train on, or of those held out to validate on."""
        return [i for i, entry in enumerate(self.entries) if entry.role == role]

    def item(self, index: int) -> Item:
        """LR ``(layout.lr_frames, h, w, 3)``, HR ``(layout.targets, h * scale, w * scale, 3)`` uint8, and the flow."""
        entry, layout = self.entries[index], self.layout
        height, width = entry.height, entry.width
        small = (layout.lr_frames, height // self.scale, width // self.scale, 3)
        lr = self._read("lr", index, 3 * layout.lr_frames, self.scale**2).reshape(small)
        hr = self._read("hr", index, 3 * layout.targets).reshape(layout.targets, height, width, 3)
        flow = self._read("flow", index, 2).reshape(2, height, width) if layout.flow else None
        return Item(lr, hr, flow)

    def pair(self, index: int) -> tuple[Bytes, Bytes]:
        """LR ``(h, w, 3)`` and HR ``(h * scale, w * scale, 3)`` uint8 of the chosen frame itself, read-only."""
        item = self.item(index)
        return item.lr[self.layout.before], item.hr[0]

    def _read(self, name: str, index: int, numbers: int, shrink: int = 1) -> NDArray[Any]:
        """An entry's part of a file: so many `numbers` a pixel, of frames with `shrink` times fewer pixels than HR."""
        start, stop = (place * numbers // shrink for place in self.starts[index : index + 2])
        part: NDArray[Any] = self.maps[name][start:stop]
        return part


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
    layout: Layout | None = None,
    flow: FlowEstimator | None = None,
    progress: Progress | None = None,
) -> Path:
    """The folder of a cache of these clips under `root`; filled first where it is not there yet.

    Of each training clip `frames_per_clip` frames spread over its length are chosen. `validation_clips` clips, even
    over the classes, are held out; so is every other clip of their groups, which is not used at all. HR frames are
    cropped to a multiple of the scale factor, degraded whole and rounded to 8 bits. `key` names the degradation and
    the flow estimator with their options. Clips too short for the layout are left out.
    Raises `UsageError` when holding out leaves no clip to train on.
    """
    layout = layout or Layout()
    identity = [FORMAT, split_digest(clips), key, asdict(layout), frames_per_clip, validation_clips, seed]
    folder = root / hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]
    if folder.is_dir():
        return folder
    roles = hold_out(clips, validation_clips, seed)
    wanted = [(clip, roles[clip.id]) for clip in clips if clip.id in roles]
    partial = root / f".{folder.name}.{os.getpid()}"
    partial.mkdir(parents=True)
    try:
        _Filler(dataset, degradation, flow, layout, frames_per_clip).fill(partial, wanted, progress)
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


@dataclass(frozen=True)
class _Filler:
    dataset: Dataset
    degradation: Degradation
    flow: FlowEstimator | None
    layout: Layout
    frames_per_clip: int

    def fill(self, folder: Path, wanted: Sequence[tuple[Clip, Role]], progress: Progress | None) -> None:
        entries: list[Entry] = []
        with ExitStack() as stack:
            files = {name: stack.enter_context((folder / f"{name}.bin").open("wb")) for name in FILES}
            for done, (clip, role) in enumerate(wanted, 1):
                for number, item in self._items(clip, self.frames_per_clip if role == "train" else 1):
                    files["lr"].write(item.lr.tobytes())
                    files["hr"].write(item.hr.tobytes())
                    if item.flow is not None:
                        files["flow"].write(item.flow.tobytes())
                    entries.append(Entry(clip.id, number, item.hr.shape[1], item.hr.shape[2], role))
                if progress is not None:
                    progress(done, len(wanted))
        if not entries:
            raise UsageError(
                f"every clip is shorter than the {self.layout.reach + 1} frames that the training looks at"
            )
        index = {
            "scale": self.degradation.scale,
            "layout": asdict(self.layout),
            "entries": [asdict(entry) for entry in entries],
        }
        (folder / "index.json").write_text(json.dumps(index))

    def _items(self, clip: Clip, count: int) -> Iterator[tuple[int, Item]]:
        """`count` frames from the middles of equal parts of a clip, with what the layout wants around each."""
        video, layout = self.dataset.open(clip), self.layout
        places = video.num_frames - layout.reach
        parts = min(count, places)
        numbers = [(2 * part + 1) * places // (2 * parts) for part in range(parts)]
        pixels = video.size[0] * video.size[1] * (layout.lr_frames + layout.reach)
        at_once = max(1, PORTION_PIXELS // pixels)
        for first in range(0, len(numbers), at_once):
            yield from self._portion(video, numbers[first : first + at_once])

    def _portion(self, video: Video, numbers: Sequence[int]) -> Iterator[tuple[int, Item]]:
        """Chosen frames that fit into memory together; what their windows share is decoded and degraded once."""
        layout, last = self.layout, video.num_frames - 1
        offsets = np.arange(-layout.before, layout.targets + layout.after).tolist()
        windows = [np.array([n + offset for offset in offsets]).clip(0, last) for n in numbers]
        ahead = [n + step for n in numbers for step in range(layout.reach + 1)]
        wanted = sorted({*ahead, *(int(i) for window in windows for i in window)})
        hr = crop_to_multiple(to_tensor(video.pick(wanted)), self.degradation.scale)
        lr = to_uint8(self.degradation.degrade(hr))
        for number, window in zip(numbers, windows, strict=True):
            start = wanted.index(number)  # the frames within reach follow it
            targets = to_uint8(hr[start : start + layout.targets])
            yield number, Item(lr[np.searchsorted(wanted, window)], targets, self._flow(hr[start : start + 2]))

    def _flow(self, pair: Tensor) -> NDArray[np.float16] | None:
        """Half precision: to a thousandth of a pixel where it matters, a hundredth for motion of 16 pixels."""
        if not self.layout.flow:
            return None
        if self.flow is None:
            raise UsageError("this training needs optical flow: name an estimator in the recipe")
        with torch.no_grad():
            found: NDArray[np.float16] = self.flow.flow(pair[:1], pair[1:])[0].cpu().numpy().astype(np.float16)
        return found
