"""The data sets that BasicSR's pipeline trains and validates on, known to its registry by their class names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from harness.training.crops import Selection, select_crops
from harness.training.frame_cache import FrameCache, Item
from harness.training.patches import WAYS, crop, random_place, turned, turned_flow
from harness.video.colour import luma
from harness.video.frames import to_tensor
from harness.video.imresize import imresize
from harness_basicsr import compat  # noqa: F401  (before basicsr)
from harness_basicsr.declared.architectures import frames_shown, views_shown

from basicsr.utils.registry import DATASET_REGISTRY  # isort: skip

LUMA_VIEWS = ("enlarged-luma", "luma-window")
REACH = 3
"""LR pixels on each side of a place that bicubic enlargement looks at, and one to spare."""
UPRIGHT = (0, 6)
"""Ways to turn a patch after which the second camera is still at the right: plain, and flipped from top to bottom."""


@dataclass(frozen=True)
class View:
    """Cached frames as a network sees them; `name` is one of `harness_basicsr.declared.architectures.VIEWS`."""

    name: str
    radius: int
    scale: int

    @property
    def enlarges(self) -> bool:
        """Whether the network takes frames that are enlarged already."""
        return self.name.startswith("enlarged")

    @property
    def is_clip(self) -> bool:
        """Whether the network takes whole clips."""
        return self.name.endswith("clip")

    @property
    def views(self) -> int:
        """How many views of a clip the network takes."""
        return views_shown(self.name)

    def low(self, item: Item, before: int, target: int = 0) -> Tensor:
        """What the network takes to restore the target of this number: ``([T,] C, h, w)``, T of all views."""
        start, stop = before + target - self.radius, before + target + self.radius + 1
        if self.is_clip:
            start, stop = before, before + len(item.hr)
        step = frames_shown(self.name) if self.is_clip else 1
        frames = to_tensor(np.concatenate([view[start:stop:step] for view in np.split(item.lr, self.views)]))
        if self.enlarges:
            frames = imresize(frames, float(self.scale))
        if self.name in LUMA_VIEWS:
            frames = luma(frames)
        return frames if self.name.endswith("window") or self.is_clip else frames[0]

    def high(self, item: Item, target: int = 0) -> Tensor:
        """What it should produce: ``(C, H, W)``, or ``(T, 3, H, W)`` for a network that takes whole clips, or
        ``(2, 3, H, W)`` for one of two views."""
        frames = to_tensor(np.array(item.hr if self.is_clip else item.hr[target :: len(item.hr) // self.views]))
        frames = luma(frames) if self.name in LUMA_VIEWS else frames
        return frames if self.is_clip or self.views > 1 else frames[0]


class _CachedFrames:
    def __init__(self, opt: Mapping[str, Any]) -> None:
        self.opt = opt
        self.cache = FrameCache.load(Path(opt["cache"]))
        self.view = View(opt["view"], opt["radius"], self.cache.scale)

    def example(self, item: Item, name: str, targets: int) -> dict[str, Any]:
        """``lq`` and ``gt`` of one chosen frame, or with several targets of each of them, stacked; and its clip's name.

        A network that takes whole clips sees all targets of the chosen frame at once.
        """
        before = self.cache.window.before
        targets = 1 if self.view.is_clip else targets
        low = [self.view.low(item, before, target) for target in range(targets)]
        high = [self.view.high(item, target) for target in range(targets)]
        found = {"lq": low[0], "gt": high[0]} if targets == 1 else {"lq": torch.stack(low), "gt": torch.stack(high)}
        return {**found, "lq_path": name, "gt_path": name}


@DATASET_REGISTRY.register()
class HarnessPatches(Dataset[dict[str, Any]]):
    """Random patches of the frames to train on.

    Options: ``cache`` (folder), ``view`` and ``radius`` (what the network takes), ``patch`` (LR pixels),
    ``batch_size_per_gpu``, ``seed``, and ``first``, the number of the first patch; ``crops`` (a `Selection`'s fields
    except its size) to draw from the selected crops instead of from everywhere; ``pairs`` for all targets, or a whole
    clip, and the ``flow`` that is kept ``(F, 2, H, W)``; ``motion_weight`` for the length of the flow vectors,
    ``weight`` ``(1, H, W)`` in pixels. Patches of two views keep their rows, along which the views differ.

    The n-th patch that is asked for depends on seed and n alone, not on the index that BasicSR's sampler gives, so a
    resumed training continues with the patches that it would have seen. This needs ``num_worker_per_gpu: 0``. Of
    several processes (``rank`` of ``world``) each takes every `world`-th patch.
    """

    def __init__(self, opt: Mapping[str, Any]) -> None:
        self.opt = opt
        self.frames = _CachedFrames(opt)
        self.cache = self.frames.cache
        self.indices = self.cache.indices("train")
        self.size = opt["patch"] * self.cache.scale
        self.places = select_crops(self.cache, Selection(size=self.size, **opt["crops"])) if opt["crops"] else None
        self.number = opt["first"] + opt.get("rank", 0)

    def __len__(self) -> int:
        """Patches an epoch: a multiple of the batch size: BasicSR counts an incomplete batch but never runs it."""
        batch = int(self.opt["batch_size_per_gpu"]) * int(self.opt.get("world", 1))
        return batch * max(1, len(self.indices) // batch)

    def __getitem__(self, index: int) -> dict[str, Any]:
        rng = np.random.default_rng([self.opt["seed"], self.number])
        self.number += self.opt.get("world", 1)
        chosen, place = self._chosen(rng)
        item = self.cache.item(chosen)
        top, left = place if place else self._anywhere(item, rng)
        way = int(rng.integers(WAYS)) if self.frames.view.views == 1 else UPRIGHT[int(rng.integers(len(UPRIGHT)))]
        part, inner = self._part(item, top, left)
        targets = self.cache.window.targets if self.opt["pairs"] else 1
        example = self.frames.example(part, self.cache.entries[chosen].clip, targets)
        low = crop(example["lq"], *inner) if inner else example["lq"]
        example |= {"lq": turned(low, way), "gt": turned(example["gt"], way)}
        return {**example, **self._motion(part, way)}

    def _chosen(self, rng: np.random.Generator) -> tuple[int, tuple[int, int] | None]:
        if self.places is None:
            return self.indices[int(rng.integers(len(self.indices)))], None
        index, *place = self.places[int(rng.integers(len(self.places)))]
        return index, (place[0], place[1])

    def _anywhere(self, item: Item, rng: np.random.Generator) -> tuple[int, int]:
        """Top and left in HR pixels: any, if the network takes enlarged frames, else where an LR pixel begins."""
        unit = 1 if self.frames.view.enlarges else self.cache.scale
        height, width = (edge // unit for edge in item.hr.shape[1:3])
        top, left = random_place(height, width, self.size // unit, rng)
        return top * unit, left * unit

    def _part(self, item: Item, top: int, left: int) -> tuple[Item, tuple[int, int, int] | None]:
        """A square of what is kept of a frame, cut out before anything is computed of it.

        Where LR frames are yet to be enlarged, theirs is wider by what interpolation looks at, and the second result
        says where in it, enlarged, the square is: top, left and side.
        """
        scale, around = self.cache.scale, REACH if self.frames.view.enlarges else 0
        high = (slice(top, top + self.size), slice(left, left + self.size))
        low = tuple(slice(max(0, s.start // scale - around), -(-s.stop // scale) + around) for s in high)
        flow = None if item.flow is None else item.flow[(..., *high)]
        part = Item(item.lr[(slice(None), *low)], item.hr[(slice(None), *high)], flow)
        inner = (top - low[0].start * scale, left - low[1].start * scale, self.size) if around else None
        return part, inner

    def _motion(self, part: Item, way: int) -> dict[str, Tensor]:
        if part.flow is None or not (self.opt["pairs"] or self.opt["motion_weight"]):
            return {}
        flow = turned_flow(torch.from_numpy(part.flow.astype(np.float32)), way)
        if self.opt["pairs"]:
            return {"flow": flow}
        return {"weight": flow[0].square().sum(0, keepdim=True).sqrt()}


@DATASET_REGISTRY.register()
class HarnessFrames(Dataset[dict[str, Any]]):
    """The whole frames held out to validate on. Options: ``cache`` (folder), ``view``, ``radius``."""

    def __init__(self, opt: Mapping[str, Any]) -> None:
        self.opt = opt
        self.frames = _CachedFrames(opt)
        self.indices = self.frames.cache.indices("validate")

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> dict[str, Any]:
        number = self.indices[index]
        cache = self.frames.cache
        return self.frames.example(cache.item(number), cache.entries[number].clip, targets=1)
