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
from harness_basicsr.declared.architectures import frames_shown

from basicsr.utils.registry import DATASET_REGISTRY  # isort: skip

LUMA_VIEWS = ("enlarged-luma", "luma-window")


@dataclass(frozen=True)
class View:
    """Cached frames as a network sees them; `name` is one of `harness_basicsr.declared.architectures.VIEWS`."""

    name: str
    radius: int
    scale: int

    @property
    def is_clip(self) -> bool:
        """Whether the network takes whole clips."""
        return self.name.endswith("clip")

    def low(self, item: Item, before: int, target: int = 0) -> Tensor:
        """What the network takes to restore the target of this number: ``([T,] C, h, w)``."""
        near = slice(before + target - self.radius, before + target + self.radius + 1)
        frames = to_tensor(np.array(item.lr[:: frames_shown(self.name)] if self.is_clip else item.lr[near]))
        if self.name.startswith("enlarged"):
            frames = imresize(frames, float(self.scale))
        if self.name in LUMA_VIEWS:
            frames = luma(frames)
        return frames if self.name.endswith("window") or self.is_clip else frames[0]

    def high(self, item: Item, target: int = 0) -> Tensor:
        """What it should produce: ``(C, H, W)``, or ``(T, 3, H, W)`` for a network that takes whole clips."""
        frames = to_tensor(np.array(item.hr if self.is_clip else item.hr[target : target + 1]))
        frames = luma(frames) if self.name in LUMA_VIEWS else frames
        return frames if self.is_clip else frames[0]


class _CachedFrames:
    def __init__(self, opt: Mapping[str, Any]) -> None:
        self.opt = opt
        self.cache = FrameCache.load(Path(opt["cache"]))
        self.view = View(opt["view"], opt["radius"], self.cache.scale)

    def example(self, index: int, targets: int) -> dict[str, Any]:
        """``lq`` and ``gt`` of one chosen frame, or with two targets of a pair of frames, stacked; and its name.

        A network that takes whole clips sees all targets of the chosen frame at once.
        """
        item, before = self.cache.item(index), self.cache.window.before
        targets = 1 if self.view.is_clip else targets
        low = [self.view.low(item, before, target) for target in range(targets)]
        high = [self.view.high(item, target) for target in range(targets)]
        found = {"lq": low[0], "gt": high[0]} if targets == 1 else {"lq": torch.stack(low), "gt": torch.stack(high)}
        name = self.cache.entries[index].clip
        return {**found, "lq_path": name, "gt_path": name}


@DATASET_REGISTRY.register()
class HarnessPatches(Dataset[dict[str, Any]]):
    """Random patches of the frames to train on.

    Options: ``cache`` (folder), ``view`` and ``radius`` (what the network takes), ``patch`` (LR pixels),
    ``batch_size_per_gpu``, ``seed``, and ``first``, the number of the first patch; ``crops`` (a `Selection`'s fields
    except its size) to draw from the selected crops instead of from everywhere; ``pairs`` for two frames, or a whole
    clip, and the ``flow`` from each frame to the next ``(T - 1, 2, H, W)``; ``motion_weight`` for the length of the
    flow vectors, ``weight`` ``(1, H, W)`` in pixels.

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
        example = self.frames.example(chosen, 2 if self.opt["pairs"] else 1)
        low, high = example["lq"], example["gt"]
        enlarged = low.shape[-1] == high.shape[-1]
        unit = 1 if enlarged else self.cache.scale
        side = self.size // unit
        top, left = (edge // unit for edge in place) if place else random_place(low.shape[-2], low.shape[-1], side, rng)
        where, way = (top * unit, left * unit, self.size), int(rng.integers(WAYS))
        example |= {"lq": turned(crop(low, top, left, side), way), "gt": turned(crop(high, *where), way)}
        return {**example, **self._motion(chosen, where, way)}

    def _chosen(self, rng: np.random.Generator) -> tuple[int, tuple[int, int] | None]:
        if self.places is None:
            return self.indices[int(rng.integers(len(self.indices)))], None
        index, *place = self.places[int(rng.integers(len(self.places)))]
        return index, (place[0], place[1])

    def _motion(self, index: int, where: tuple[int, int, int], way: int) -> dict[str, Tensor]:
        cached = self.cache.item(index).flow
        if cached is None or not (self.opt["pairs"] or self.opt["motion_weight"]):
            return {}
        flow = turned_flow(crop(torch.from_numpy(cached.astype(np.float32)), *where), way)
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
        return self.frames.example(self.indices[index], targets=1)
