"""Cures for torchmetrics 1.9: its networks fetch ImageNet weights themselves, from the net and unchecked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
import torchvision
from torch import nn

from harness.errors import WeightsError
from harness.weights.loading import load_state, require_finite

PREFIX = "features."


def lpips(weights: Path) -> nn.Module:
    """LPIPS of AlexNet: two ``(N, 3, H, W)`` in [-1, 1] to ``(N, 1, 1, 1)``. torchmetrics brings its linear layers."""
    from torchmetrics.functional.image import lpips as module
    from torchmetrics.image import LearnedPerceptualImagePatchSimilarity

    features = _features(torchvision.models.alexnet, weights)
    with _replaced(module, "_get_tv_model_features", lambda *_, **__: features):
        network: nn.Module = LearnedPerceptualImagePatchSimilarity(net_type="alex").net
    return network.eval()


def dists(weights: Path) -> nn.Module:
    """DISTS: two ``(N, 3, H, W)`` in [0, 1] to ``(N,)``. torchmetrics brings the weights of its terms."""
    from torchmetrics.functional.image import dists as module

    vgg = nn.Module()
    vgg.features = _features(torchvision.models.vgg16, weights)
    with _replaced(module, "vgg16", lambda **_: vgg):
        network: nn.Module = module.DISTSNetwork()
    return network.eval()


@contextmanager
def _replaced(module: ModuleType, name: str, function: Callable[..., Any]) -> Iterator[None]:
    """Another function in a module for a while. Raises `AttributeError` where the module has none of this name."""
    before = getattr(module, name)
    setattr(module, name, function)
    try:
        yield
    finally:
        setattr(module, name, before)


def _features(make: Callable[[], Any], path: Path) -> nn.Module:
    """The convolutions of a network of torchvision's with their weights; its classifier is not made at all."""
    with torch.device("meta"):
        features: nn.Module = make().features
    state = {key.removeprefix(PREFIX): value for key, value in load_state(path).items() if key.startswith(PREFIX)}
    try:
        features.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise WeightsError(f"{path}: not the weights of torchvision's {make.__name__}") from error
    require_finite(state, path)
    return features
