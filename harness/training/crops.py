"""Which crops of a training frame are worth looking at: those that move, and whose flow can be trusted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from harness.errors import UsageError
from harness.files import replacing
from harness.training.frame_cache import FrameCache
from harness.video.frames import to_tensor
from harness.video.warp import warp

FORMAT = 2
Place = tuple[int, int, int]
"""Number of a frame in the cache; top and left of the crop in HR pixels."""


@dataclass(frozen=True)
class Selection:
    """Of the crops of `size` HR pixels on a grid of `stride`, the `keep` with the most motion of each frame.

    Of several targets, the motion is the mean over their pairs.

    With `warp_filter`, of these only the ones that the next HR frame explains better when it is warped along the flow
    than when it is not: PSNR(I_t, warp(I_t+1)) > PSNR(I_t, I_t+1), which needs a cache with two targets or more.
    Nothing takes the place of those that fail, so a frame may give fewer than `keep`, or none. Both are the SoSR/ToSR
    paper's rules (ICCV 2019, section on training data), in its order: 10 crops of 128 pixels of each frame there.
    """

    size: int
    stride: int
    keep: int
    warp_filter: bool = False


def select_crops(cache: FrameCache, selection: Selection) -> list[Place]:
    """The chosen crops of all training frames, found once and kept beside the cached frames.

    Raises `UsageError` if the cache holds no flow, a frame is smaller than the crop, or no crop is left.
    """
    text = json.dumps([FORMAT, asdict(selection)])
    file = cache.folder / f"crops-{hashlib.sha256(text.encode()).hexdigest()[:12]}.npy"
    if not file.is_file():
        found = [(index, *place) for index in cache.indices("train") for place in _best(cache, index, selection)]
        if not found:
            raise UsageError("no training crop moves in a way that the flow explains; set warp_filter: false")
        with replacing(file) as temporary:
            np.save(temporary, np.array(found, dtype=np.int32))
    return [(int(i), int(top), int(left)) for i, top, left in np.load(file)]


def _best(cache: FrameCache, index: int, selection: Selection) -> Sequence[tuple[int, int]]:
    item, size, stride = cache.item(index), selection.size, selection.stride
    if item.flow is None or (selection.warp_filter and len(item.hr) < 2):
        raise UsageError("selecting crops by motion needs cached flow, and the warp filter needs pairs of frames")
    if stride % cache.scale or min(item.flow.shape[2:]) < size:
        raise UsageError(
            f"crops of {size} pixels every {stride} do not fit frames of {item.flow.shape[3]}x{item.flow.shape[2]} "
            f"at scale {cache.scale}: the stride must be a multiple of the scale"
        )
    flow = torch.from_numpy(item.flow.astype(np.float32))
    motion = _mean(flow.square().sum(1, keepdim=True).sqrt(), size, stride)
    chosen = motion.flatten().argsort(descending=True, stable=True)[: selection.keep]
    if selection.warp_filter:
        chosen = chosen[_explained(to_tensor(np.array(item.hr)), flow, size, stride).flatten()[chosen]]
    columns = motion.shape[1]
    return [(place // columns * stride, place % columns * stride) for place in chosen.tolist()]


def _explained(hr: Tensor, flow: Tensor, size: int, stride: int) -> Tensor:
    """Crops in which warping each frame onto the one before brings it closer; bool ``(rows, columns)``."""
    first, second = hr[:-1], hr[1:]
    warped = (first - warp(second, flow)).square().mean(1, keepdim=True)
    still = (first - second).square().mean(1, keepdim=True)
    return _mean(warped, size, stride) < _mean(still, size, stride)


def _mean(values: Tensor, size: int, stride: int) -> Tensor:
    """Means of ``(N, 1, H, W)`` over the crops of all: ``(rows, columns)``."""
    means: Tensor = avg_pool2d(values.mean(0, keepdim=True), size, stride)[0, 0]
    return means
