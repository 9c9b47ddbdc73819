"""Cached clips as runs of consecutive frames, for mmengine's Runner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmaction.registry import DATASETS
from mmaction.structures import ActionDataSample
from torch import Tensor

from harness.errors import UsageError
from harness_i3d.recognizer import middle
from harness_mmaction.training.augment import centre_crop, integer
from harness_mmaction.training.cache import ClipCache
from harness_mmaction.training.dataset import CachedClips


@DATASETS.register_module()
class AttentiveClips(CachedClips):
    """Clips of a `ClipCache` as inputs ``(frames, C, crop, crop)`` in 0..255 for `AttentiveModel`: frames, or flow.

    In training a run of `frames` consecutive images begins at random, and is augmented; otherwise it is the middle
    one. A shorter clip begins anew where it ends. Which cache a clip is shown from is said by `restored` and `mix`.
    With `taught` the same run of the HR clip, augmented alike, follows for the teacher: twice as many images.
    """

    def __init__(self, folder: str, indices: Sequence[int], classes: Sequence[str], frames: int, crop: int,
                 training: bool, taught: bool, flow: bool, **more: Any) -> None:  # fmt: skip
        super().__init__(folder, indices, classes, 1, int(flow), crop, training, **more)
        self.frames = frames
        self.taught = taught

    def __getitem__(self, item: int) -> dict[str, Any]:
        index, cache = self.indices[item], self._shown(item)
        entry = cache.entries[index]
        run = random_run(entry.shape[0], self.frames) if self.training else middle(entry.shape[0], self.frames)
        views = cache.levels(index, run)
        if self.taught:
            views = torch.cat((views, self._of_teacher(index, run, cache)))
        views = self._augment(views) if self.training else centre_crop(views, self.crop)
        return {"inputs": views, "data_samples": ActionDataSample().set_gt_label(entry.label)}

    def _of_teacher(self, index: int, run: Sequence[int], shown: ClipCache) -> Tensor:
        """The HR images of a run. Raises `UsageError` if they are of another size than those shown."""
        sizes = [cache.entries[index].shape[1:3] for cache in (self.cache, shown)]
        if sizes[0] != sizes[1]:
            raise UsageError(
                f"{shown.entries[index].clip}: the teacher sees frames of {sizes[0][1]}x{sizes[0][0]}, the student of "
                f"{sizes[1][1]}x{sizes[1][0]}: give the data set a size that the scale factor divides"
            )
        return self.cache.levels(index, run)


def random_run(count: int, length: int) -> list[int]:
    """`length` consecutive positions below `count`, anywhere; beyond the end they begin anew."""
    start = integer(max(count - length, 0) + 1)
    return [(start + step) % count for step in range(length)]
