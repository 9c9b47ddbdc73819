"""Cached clips as a data set of mmengine's Runner."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from mmaction.registry import DATASETS
from mmaction.structures import ActionDataSample
from torch import Tensor
from torch.utils.data import Dataset

from harness.video.flow_input import mirror, stacks
from harness_mmaction.training.augment import centre_crop, colour_jitter, integer, random_crop, uniform
from harness_mmaction.training.cache import ClipCache
from harness_mmaction.views.sampling import mmaction_runs


@DATASETS.register_module()
class CachedClips(Dataset[dict[str, Any]]):
    """Clips of a `ClipCache` as inputs ``(segments, C, H, W)`` in 0..255 for `Recognizer2D`.

    `indices` are the clips to use. In training the segments are sampled at random and augmented, otherwise sampled as
    in MMAction2's test; squares of `crop` pixels are cut out at random (`jitter` as in `random_crop`) or in the centre.
    `stack` is 0 for frames, else the number of flow fields in a stack. `colour` is the strength of the frames' jitter.
    With `mix` (HR, LR) a clip is shown from the cache `restored` instead with the probability LR / (HR + LR), drawn
    each time; when measuring, so many of every HR + LR clips are.
    """

    def __init__(
        self,
        folder: str,
        indices: Sequence[int],
        classes: Sequence[str],
        segments: int,
        stack: int,
        crop: int,
        training: bool,
        colour: float = 0.0,
        jitter: float = 0.0,
        restored: str = "",
        mix: tuple[int, int] = (1, 0),
    ) -> None:
        self.cache = ClipCache.load(Path(folder))
        self.restored = ClipCache.load(Path(restored)) if restored else self.cache
        self.mix = mix
        self.indices = list(indices)
        self.metainfo = {"classes": list(classes)}
        self.segments = segments
        self.stack = stack
        self.crop = crop
        self.training = training
        self.colour = colour
        self.jitter = jitter

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, item: int) -> dict[str, Any]:
        index, cache = self.indices[item], self._shown(item)
        count, length = cache.entries[index].shape[0], self.stack or 1
        sample_runs = random_runs if self.training else mmaction_runs
        runs = sample_runs(count, self.segments, length)
        views = cache.levels(index, list(chain.from_iterable(runs)))
        views = self._augment(views) if self.training else centre_crop(views, self.crop)
        packed = ActionDataSample().set_gt_label(cache.entries[index].label)
        return {"inputs": stacks(views, self.stack) if self.stack else views, "data_samples": packed}

    def _shown(self, item: int) -> ClipCache:
        """The cache that a clip is shown from this time."""
        high, low = self.mix
        if not high or not low:
            return self.cache if high else self.restored
        hr = uniform(0, high + low) < high if self.training else item % (high + low) < high
        return self.cache if hr else self.restored

    def _augment(self, views: Tensor) -> Tensor:
        if uniform(0, 1) < 0.5:
            views = mirror(views) if self.stack else views.flip(-1)
        views = random_crop(views, self.crop, self.jitter)
        return colour_jitter(views, self.colour) if self.colour and not self.stack else views


def random_runs(count: int, segments: int, length: int) -> list[list[int]]:
    """One random run of `length` positions below `count` in each of equal segments; a short clip repeats its last."""
    places = max(count - length + 1, 1)
    edges = [segment * places // segments for segment in range(segments + 1)]
    starts = [low + integer(max(high - low, 1)) for low, high in pairwise(edges)]
    return [[min(start + step, count - 1) for step in range(length)] for start in starts]
