"""The data sets that BasicSR's pipeline trains and validates on, known to its registry by their class names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from harness.frames import to_tensor
from harness.imresize import imresize
from harness.training.frame_cache import FrameCache
from harness.training.patches import aligned_patch
from harness_basicsr import compat  # noqa: F401  (before basicsr)
from harness_basicsr.colour import luma

from basicsr.utils.registry import DATASET_REGISTRY  # isort: skip


class _CachedFrames:
    """Whole frames as the network sees them: RGB and its LR, or for `luma` Y and the enlarged Y."""

    def __init__(self, opt: Mapping[str, Any]) -> None:
        self.cache = FrameCache.load(Path(opt["cache"]))
        self.luma = bool(opt["luma"])

    def pair(self, index: int) -> tuple[Tensor, Tensor]:
        lr, hr = (to_tensor(np.array(frame)[None]) for frame in self.cache.pair(index))
        if self.luma:
            lr, hr = luma(imresize(lr, float(self.cache.scale))), luma(hr)
        return lr[0], hr[0]


@DATASET_REGISTRY.register()
class HarnessPatches(Dataset[dict[str, Any]]):
    """Random patches of the frames to train on.

    Options: ``cache`` (folder), ``luma``, ``patch`` (LR pixels), ``batch_size_per_gpu``, ``seed``, and ``first``, the
    number of the first patch. The n-th patch that is asked for depends on seed and n alone, not on the index that
    BasicSR's sampler gives, so a resumed training goes on with the patches that it would have seen. This needs
    ``num_worker_per_gpu: 0``.
    """

    def __init__(self, opt: Mapping[str, Any]) -> None:
        self.opt = opt
        self.frames = _CachedFrames(opt)
        self.indices = self.frames.cache.indices("train")
        self.size = opt["patch"] * (self.frames.cache.scale if opt["luma"] else 1)
        self.number = opt["first"]

    def __len__(self) -> int:
        """Patches an epoch: a multiple of the batch size, for BasicSR counts an incomplete batch but never runs it."""
        batch = int(self.opt["batch_size_per_gpu"])
        return batch * max(1, len(self.indices) // batch)

    def __getitem__(self, index: int) -> dict[str, Any]:
        rng = np.random.default_rng([self.opt["seed"], self.number])
        self.number += 1
        chosen = self.indices[int(rng.integers(len(self.indices)))]
        low, high = aligned_patch(*self.frames.pair(chosen), self.size, rng)
        name = self.frames.cache.entries[chosen].clip
        return {"lq": low, "gt": high, "lq_path": name, "gt_path": name}


@DATASET_REGISTRY.register()
class HarnessFrames(Dataset[dict[str, Any]]):
    """The whole frames held out to validate on. Options: ``cache`` (folder), ``luma``."""

    def __init__(self, opt: Mapping[str, Any]) -> None:
        self.opt = opt
        self.frames = _CachedFrames(opt)
        self.indices = self.frames.cache.indices("validate")

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> dict[str, Any]:
        low, high = self.frames.pair(self.indices[index])
        name = self.frames.cache.entries[self.indices[index]].clip
        return {"lq": low, "gt": high, "lq_path": name, "gt_path": name}
