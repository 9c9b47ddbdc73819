"""Networks of every view on whole clips, and the features of HR size that they declare."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from harness.errors import UsageError
from harness.video.colour import luma
from harness.video.imresize import imresize
from harness_basicsr.declared.architectures import Architecture, Feature
from harness_basicsr.training.dataset import LUMA_VIEWS
from harness_basicsr.training.losses.distillation import neighbourhoods


def width_of(network: nn.Module, feature: Feature | None) -> int:
    """Channels of a feature. Raises `UsageError` if there is none."""
    if feature is None:
        raise UsageError("this network declares no feature of HR size, so it can neither teach nor be taught")
    module: Any = network.get_submodule(feature.module)
    return 3 if feature.side == "output" else int(module.in_channels)


def on_clips(network: nn.Module, entry: Architecture, clips: Tensor, scale: int) -> tuple[Tensor, Tensor | None]:
    """What a network makes of RGB clips ``(N, T, 3, h, w)``, frame by frame: the restored frames ``(N, T, C, H, W)``,
    and its feature ``(N, T, F, H, W)``, None if it declares none.

    The first and last frames of a clip are repeated for networks that look at neighbours.
    """
    with _heard(network, entry.feature) as calls:
        restored: Tensor = network(seen(clips, entry, scale))
    size = clips.shape[:2]
    frames = restored.reshape(*size, *restored.shape[-3:])
    return frames, _in_order(calls, size).float() if calls else None


def seen(clips: Tensor, entry: Architecture, scale: int) -> Tensor:
    """Clips as a network takes them, all frames in the batch unless it takes clips."""
    if entry.view == "clip":
        return clips
    frames = clips.flatten(0, 1)
    if entry.view.startswith("enlarged"):
        frames = imresize(frames, float(scale))
    if entry.view in LUMA_VIEWS:
        frames = luma(frames)
    if entry.view.endswith("window"):
        frames = neighbourhoods(frames.reshape(*clips.shape[:2], *frames.shape[1:]), entry.radius).flatten(0, 1)
    return frames


def wanted(clips: Tensor, entry: Architecture) -> Tensor:
    """HR clips ``(N, T, 3, H, W)`` as a network should restore them: ``(N, T, C, H, W)``."""
    if entry.view not in LUMA_VIEWS:
        return clips
    return luma(clips.flatten(0, 1)).reshape(*clips.shape[:2], 1, *clips.shape[-2:])


@contextmanager
def _heard(network: nn.Module, feature: Feature | None) -> Iterator[list[Tensor]]:
    """Every feature that a network makes meanwhile."""
    calls: list[Tensor] = []
    if feature is None:
        yield calls
        return

    def hear(_: nn.Module, given: tuple[Tensor, ...], made: Tensor) -> None:
        calls.append(made if feature.side == "output" else given[0])

    handle = network.get_submodule(feature.module).register_forward_hook(hear)
    try:
        yield calls
    finally:
        handle.remove()


def _in_order(calls: list[Tensor], size: torch.Size) -> Tensor:
    """Features as ``(N, T, C, H, W)``, from one call for the batch or one a frame of the clip."""
    return calls[0].reshape(*size, *calls[0].shape[1:]) if len(calls) == 1 else torch.stack(calls, dim=1)
