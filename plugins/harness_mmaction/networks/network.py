"""MMAction2's `Recognizer2D` with `TSNHead`: from our own description or any TSN config, and its checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from harness.errors import UsageError
from harness.weights.loading import fill
from harness_mmaction.compat import prepare
from harness_mmaction.configs import read_config
from harness_mmaction.networks.checkpoints import read_checkpoint, require_classes

IMAGENET_MEAN = (123.675, 116.28, 103.53)
IMAGENET_STD = (58.395, 57.12, 57.375)
FLOW_ZERO = 128.0
BACKBONE_CHANNELS = 112
CLASSIFIER = "cls_head.fc_cls.weight"
VIEWS_ON_CPU, VIEWS_ON_GPU = 8, 64
"""Views that go through a backbone together: ten crops of 25 segments may not fit in memory, and on a CPU a layer's
output should still be in the cache for the next layer (0.5 to 0.8 of the time of 64)."""


def builtin_config(stream: str, num_classes: int, *, stack: int, imagenet: bool = False, **head: Any) -> dict[str, Any]:
    """The built-in network: `EfficientNetLite` under a `TSNHead`; `head` are further settings of the head.

    The spatial stream has 3 channels in 0..255, the temporal one ``2 * stack`` with no motion at 128.
    """
    channels = 3 if stream == "spatial" else 2 * stack
    mean = IMAGENET_MEAN if stream == "spatial" else (FLOW_ZERO,) * channels
    std = IMAGENET_STD if stream == "spatial" else (FLOW_ZERO,) * channels
    return {
        "type": "Recognizer2D",
        "backbone": {"type": "EfficientNetLite", "in_channels": channels, "imagenet": imagenet},
        "cls_head": {
            "type": "TSNHead",
            "num_classes": num_classes,
            "in_channels": BACKBONE_CHANNELS,
            "average_clips": "score",
            **head,
        },
        "data_preprocessor": {"type": "ActionDataPreprocessor", "mean": list(mean), "std": list(std)},
    }


def config_of_file(text: str, num_classes: int, *, pretrained: bool = False) -> dict[str, Any]:
    """The model of an MMAction2 config (`harness_mmaction.configs.read_config`) for `num_classes` classes."""
    model = read_config(text, pretrained=pretrained).model
    model["cls_head"]["num_classes"] = num_classes
    return {**model, "test_cfg": None}


def build_network(description: Mapping[str, Any], source: str) -> nn.Module:
    """Build a recogniser from its description; `source` names it in errors.

    Raises `UsageError` when it is not a `Recognizer2D` with a `TSNHead` and no neck: only those scores are known.
    """
    prepare()
    from mmaction.models import Recognizer2D, TSNHead
    from mmaction.registry import MODELS

    # mmengine looks for a model's parts in the current scope, which is its own unless a Runner is active
    network = MODELS.build({**description, "_scope_": "mmaction"})
    if not isinstance(network, Recognizer2D) or not isinstance(network.cls_head, TSNHead) or network.with_neck:
        raise UsageError(f"{source}: expected a Recognizer2D with a TSNHead and no neck, as in TSN")
    module: nn.Module = network
    return module


def load_checkpoint(network: nn.Module, path: Path, num_classes: int) -> None:
    """Load weights of MMAction2 0.x or 1.x (or ours). Raises `WeightsError` if classes or shapes do not fit."""
    state = read_checkpoint(path, network)
    require_classes(state, CLASSIFIER, num_classes, path, "TSN")
    fill(network, state, path, "options config and stack must be those it was trained with")


def raw_scores(network: Any, views: Tensor) -> Tensor:
    """Class scores before softmax ``(num_classes,)`` of views ``(V, C, h, w)`` in 0..255, averaged over the views.

    `TSNHead` averages features over views and then classifies, which is the mean of the views' scores.
    """
    features = []
    at_once = VIEWS_ON_CPU if views.device.type == "cpu" else VIEWS_ON_GPU
    for part in views.split(at_once):  # type: ignore[no-untyped-call]  # torch 2.14's split
        prepared = network.data_preprocessor({"inputs": [part], "data_samples": [None]})["inputs"]
        features.append(network.extract_feat(prepared, stage="backbone", test_mode=True)[0])
    scores: Tensor = network.cls_head(torch.cat(features), num_segs=len(views)).squeeze(0)
    return scores.float()
