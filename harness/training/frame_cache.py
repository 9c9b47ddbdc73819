"""Frames of a training split, decoded and degraded once, then read at random without decoding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.contracts import Clip, Dataset, Degradation, FlowEstimator, Pair, Progress
from harness.datasets.digests import split_digest
from harness.errors import UsageError
from harness.running.second_view import require_alike
from harness.training.cache import open_cache
from harness.training.holdout import Role, hold_out, some_clips
from harness.training.store import Arrays, Origin, Shapes, Store, read_index
from harness.video.frames import Video, crop_to_multiple, multiple_of, to_tensor, to_uint8

FORMAT = 2
Bytes = NDArray[np.uint8]
PORTION_PIXELS = 1 << 26
"""HR pixels of a clip that are processed at once: 800 MB as float32."""


@dataclass(frozen=True)
class Window:
    """What is kept of each chosen frame t: LR of t - before .. t + targets - 1 + after, HR of t .. t + targets - 1.

    The first and last frames of a clip are repeated if a window reaches beyond them. With `flow`, the optical flow
    from each of the targets to the next is kept as well; from t to t + 1 if there is only one target. With two `views`
    all frames are kept of both, those of the second behind, and with `pairs` the flow between these HR frames instead.
    """

    before: int = 0
    after: int = 0
    targets: int = 1
    flow: bool = False
    views: int = 1
    pairs: tuple[Pair, ...] = ()

    @property
    def lr_frames(self) -> int:
        return self.before + self.targets + self.after

    @property
    def reach(self) -> int:
        """HR frames after t that must exist."""
        return max(self.targets - 1, int(self.flow))

    @property
    def flow_pairs(self) -> Sequence[Pair]:
        """From which frame to which flow is kept: numbers from 0 at t, those of a second view going on after them."""
        return self.pairs or [(step, step + 1) for step in range(self.reach)]

    def facts(self) -> dict[str, Any]:
        """All of it; of one view without what is said of two, under which caches are known that are older than that."""
        later = ("views", "pairs") if self.views == 1 else ()
        return {key: value for key, value in asdict(self).items() if key not in later}


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
    """What is kept of one chosen frame, read-only: `lr` and `hr` as `Window` says, `flow` in pixels
    ``(len(window.flow_pairs), 2, H, W)``.
    """

    lr: Bytes
    hr: Bytes
    flow: NDArray[np.float16] | None


@dataclass(frozen=True)
class FrameLayout:
    """The files of a cache of frames. Implements `harness.training.store.Layout`."""

    window: Window
    scale: int

    @property
    def numbers(self) -> Mapping[str, Any]:
        """Flow in half precision: to a thousandth of a pixel where it matters, a hundredth for motion of 16 pixels."""
        flow = {"flow": np.float16} if self.window.flow else {}
        return {"hr": np.uint8, "lr": np.uint8, **flow}

    def shapes(self, entry: Entry) -> Shapes:
        height, width, window = entry.height, entry.width, self.window
        return {
            "hr": (window.views * window.targets, height, width, 3),
            "lr": (window.views * window.lr_frames, height // self.scale, width // self.scale, 3),
            **({"flow": (len(window.flow_pairs), 2, height, width)} if window.flow else {}),
        }

    def facts(self) -> dict[str, Any]:
        return {"scale": self.scale, "layout": self.window.facts()}


@dataclass(frozen=True)
class FrameCache:
    """Aligned LR and HR frames of a split. Made by `Frames.cache`, opened again by `FrameCache.load`."""

    store: Store[Entry]
    window: Window
    scale: int

    @classmethod
    def load(cls, folder: Path) -> FrameCache:
        """Open a cache that is complete."""
        index = read_index(folder)
        layout = FrameLayout(Window(**index["layout"]), index["scale"])
        entries = [Entry(**entry) for entry in index["entries"]]
        return cls(Store.load(folder, layout, entries, index["stored"]), layout.window, layout.scale)

    @property
    def folder(self) -> Path:
        return self.store.folder

    @property
    def entries(self) -> Sequence[Entry]:
        return self.store.entries

    def indices(self, role: Role) -> list[int]:
        """Numbers of the frames to train on, or of those held out to validate on."""
        return [i for i, entry in enumerate(self.entries) if entry.role == role]

    def item(self, index: int) -> Item:
        """LR ``(views * lr_frames, h, w, 3)`` and HR ``(views * targets, h * scale, w * scale, 3)``, and the flow."""
        arrays = self.store.arrays(index)
        return Item(arrays["lr"], arrays["hr"], arrays.get("flow"))

    def pair(self, index: int) -> tuple[Bytes, Bytes]:
        """LR ``(h, w, 3)`` and HR ``(h * scale, w * scale, 3)`` uint8 of the chosen frame itself, read-only."""
        item = self.item(index)
        return item.lr[self.window.before], item.hr[0]


@dataclass(frozen=True)
class Frames:
    """Which frames of which clips a training uses, and what is made of them.

    From each training clip `frames_per_clip` frames spread over its length are chosen; from each of `validation_clips`
    held-out clips, spread evenly over the classes, the middle one. HR frames are cropped to a multiple of the scale
    factor, degraded whole and rounded to 8 bits. `key` names the data set, the degradation and the flow estimator with
    their options. Clips too short for the window are left out.
    """

    dataset: Dataset
    clips: Sequence[Clip]
    degradation: Degradation
    key: str
    frames_per_clip: int
    validation_clips: int
    seed: int
    window: Window = Window()
    flow: FlowEstimator | None = None

    def roles(self) -> dict[str, Role]:
        """The role of each clip by id, as `hold_out`. Raises `UsageError` if no clip is left to train on."""
        return hold_out(self.clips, some_clips(self.clips, self.validation_clips, self.seed))

    def seconds(self) -> list[Clip]:
        """The second views, if the window has two. Raises `UsageError` if a clip lacks one."""
        if self.window.views == 1:
            return []
        lacking = [clip.id for clip in self.clips if clip.second_view is None]
        if lacking:
            raise UsageError(
                f"this training needs a second view of every clip, which {len(lacking)} of {len(self.clips)} lack, "
                f"such as {lacking[0]!r}: give a data set of two cameras, with both views of the training split"
            )
        return [clip.second_view for clip in self.clips if clip.second_view is not None]

    def origin(self) -> Origin[Entry]:
        """Where the entries come from. Raises `UsageError` if a second view is needed and missing."""
        self.seconds()
        roles = self.roles()
        wanted = [clip for clip in self.clips if clip.id in roles]
        return Origin(self.dataset, wanted, _FrameMaker(self, roles))

    def cache(self, root: Path, bound: float, progress: Progress | None = None) -> Path:
        """The folder of a cache under `root`, as `harness.training.cache.open_cache` says."""
        setting = [self.key, self.window.facts(), self.frames_per_clip, self.validation_clips, self.seed]
        second = [split_digest(seconds)] if (seconds := self.seconds()) else []
        identity = [FORMAT, split_digest(self.clips), *setting, *second]
        return open_cache(root, identity, self.origin(), bound=bound, progress=progress)


@dataclass(frozen=True)
class _FrameMaker:
    """Implements `harness.training.store.Maker`."""

    frames: Frames
    roles: Mapping[str, Role]

    @property
    def layout(self) -> FrameLayout:
        return FrameLayout(self.frames.window, self.frames.degradation.scale)

    def entries(self, clip: Clip, video: Video) -> Sequence[Entry]:
        """Frames from the middles of equal parts of a clip."""
        role = self.roles[clip.id]
        places = video.num_frames - self.frames.window.reach
        parts = min(self.frames.frames_per_clip if role == "train" else 1, places)
        height, width = multiple_of(video.size, self.frames.degradation.scale)
        return [Entry(clip.id, (2 * p + 1) * places // (2 * parts), height, width, role) for p in range(parts)]

    def make(self, video: Video, entries: Sequence[Entry]) -> Iterator[Arrays]:
        """In portions, so that long clips fit into memory."""
        window, views = self.frames.window, [video, *self._second(video, entries[0].clip)]
        pixels = len(views) * video.size[0] * video.size[1] * (window.lr_frames + window.reach)
        at_once = max(1, PORTION_PIXELS // pixels)
        for first in range(0, len(entries), at_once):
            yield from self._portion(views, [entry.frame for entry in entries[first : first + at_once]])

    def _second(self, video: Video, clip_id: str) -> list[Video]:
        """A clip's second view, opened, if the window has two. Raises `ClipError` if it differs in length or size."""
        if self.frames.window.views == 1:
            return []
        clip = next(clip for clip in self.frames.clips if clip.id == clip_id)
        assert clip.second_view is not None
        second = self.frames.dataset.open(clip.second_view)
        require_alike(clip, video, second)
        return [second]

    def _portion(self, views: Sequence[Video], numbers: Sequence[int]) -> Iterator[Arrays]:
        """Chosen frames that fit into memory together; what their windows share is decoded and degraded once."""
        shown, last = self.frames.window, views[0].num_frames - 1
        offsets = np.arange(-shown.before, shown.targets + shown.after).tolist()
        windows = [np.array([n + offset for offset in offsets]).clip(0, last) for n in numbers]
        ahead = [n + step for n in numbers for step in range(shown.reach + 1)]
        wanted = sorted({*ahead, *(int(i) for window in windows for i in window)})
        hr = [crop_to_multiple(to_tensor(view.pick(wanted)), self.frames.degradation.scale) for view in views]
        lr = [to_uint8(self.frames.degradation.degrade(view)) for view in hr]
        starts = [wanted.index(number) for number in numbers]  # the frames within reach follow each
        flows = self._flows(hr, starts)
        for start, window, flow in zip(starts, windows, flows, strict=True):
            targets = [to_uint8(view[start : start + shown.targets]) for view in hr]
            around = [view[np.searchsorted(wanted, window)] for view in lr]
            yield {"hr": np.concatenate(targets), "lr": np.concatenate(around), **flow}

    def _flows(self, hr: Sequence[Tensor], starts: Sequence[int]) -> list[Arrays]:
        """The flow of each chosen frame, all pairs at once, which estimators share among threads, and each once."""
        shown, estimator = self.frames.window, self.frames.flow
        if not shown.flow:
            return [{} for _ in starts]
        if estimator is None:
            raise UsageError("this training needs optical flow: name an estimator in the recipe")
        pairs = [[self._places(pair, start) for pair in shown.flow_pairs] for start in starts]
        known = sorted({pair for own in pairs for pair in own})
        first, second = (torch.stack([hr[view][place] for view, place in end]) for end in zip(*known, strict=True))
        with torch.no_grad():
            found: NDArray[np.float16] = estimator.flow(first, second).cpu().numpy().astype(np.float16)
        return [{"flow": found[[known.index(pair) for pair in own]]} for own in pairs]

    def _places(self, pair: Pair, start: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """View and place of both frames of a pair, where the first frame within reach is at `start`."""
        (first, step), (second, other) = (divmod(frame, self.frames.window.reach + 1) for frame in pair)
        return (first, start + step), (second, start + other)
