"""Cached clips, frames and flow together, as a data set of mmengine's Runner."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from mmaction.registry import DATASETS
from mmaction.structures import ActionDataSample
from torch import Tensor
from torch.utils.data import Dataset

from harness.video.flow_input import mirror, stacks
from harness_mmaction.training.augment import centre_crop, colour_jitter, random_crop, uniform
from harness_mmaction.training.cache import ClipCache
from harness_stresnet.sampling import middles, pairs_around, strided


@DATASETS.register_module()
class CachedJointClips(Dataset[dict[str, Any]]):
    """Clips of two `ClipCache` as inputs for `MMRecognizer3D`, in 0..255, with one view.

    ``rgb`` is ``(1, segments, 3, crop, crop)``, ``flow`` ``(1, segments, 2 * stack, crop, crop)``: frames, each with
    the `stack` flow fields around it. `indices` are the clips to use. In training the frames lie as far apart as a
    random `stride` (least, largest) says, and all of a clip are augmented alike; otherwise they are the middles of
    segments. Squares of `crop` pixels are cut out at random (`jitter` as in `random_crop`) or in the centre.
    `colour` is the strength of the jitter of frames.
    """

    def __init__(
        self,
        frames: str,
        flow: str,
        indices: Sequence[int],
        classes: Sequence[str],
        segments: int,
        stride: tuple[int, int],
        stack: int,
        crop: int,
        training: bool,
        colour: float = 0.0,
        jitter: float = 0.0,
    ) -> None:
        self.frames = ClipCache.load(Path(frames))
        self.flow = ClipCache.load(Path(flow))
        self.indices = list(indices)
        self.metainfo = {"classes": list(classes)}
        self.segments = segments
        self.stride = stride
        self.stack = stack
        self.crop = crop
        self.training = training
        self.colour = colour
        self.jitter = jitter

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, item: int) -> dict[str, Any]:
        index = self.indices[item]
        count = self.frames.entries[index].shape[0]
        looks = strided(count, self.segments, self.stride) if self.training else middles(count, self.segments)
        moves = [first for frame in looks for first, _ in pairs_around(frame, count, self.stack)]
        rgb, moved = self.frames.levels(index, looks), self.flow.levels(index, moves)
        rgb, moved = self._augmented(rgb, moved) if self.training else self._centred(rgb, moved)
        packed = ActionDataSample().set_gt_label(self.frames.entries[index].label)
        return {"inputs": {"rgb": rgb.unsqueeze(0), "flow": moved.unsqueeze(0)}, "data_samples": packed}

    def _augmented(self, rgb: Tensor, flow: Tensor) -> tuple[Tensor, Tensor]:
        if uniform(0, 1) < 0.5:
            rgb, flow = rgb.flip(-1), mirror(flow)
        together = random_crop(torch.cat((rgb, stacks(flow, self.stack)), dim=1), self.crop, self.jitter)
        rgb, flow = together[:, :3], together[:, 3:]
        return (colour_jitter(rgb, self.colour) if self.colour else rgb), flow

    def _centred(self, rgb: Tensor, flow: Tensor) -> tuple[Tensor, Tensor]:
        return centre_crop(rgb, self.crop), centre_crop(stacks(flow, self.stack), self.crop)
