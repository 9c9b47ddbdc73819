"""ST-ResNet as a model of MMAction2: its description, its weights, its scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor, nn

from harness.weights.loading import fill
from harness_mmaction.compat import prepare
from harness_mmaction.networks.checkpoints import read_checkpoint, require_classes
from harness_mmaction.networks.network import FLOW_ZERO, IMAGENET_MEAN, IMAGENET_STD

FLOW_STD = sum(IMAGENET_STD) / 3
"""Scale of flow levels: kernels averaged over RGB see the range they were trained on."""
CLASSIFIERS = ("cls_head.fc_appearance.weight", "cls_head.fc_motion.weight")


def description(num_classes: int, *, stack: int, width: int = 64, head: dict[str, Any] | None = None, **backbone: Any
) -> dict[str, Any]:  # fmt: skip
    """An MMAction2 model over clips in 0..255: frames as ``rgb``, stacks of flow levels as ``flow``.

    `backbone` holds further arguments of `STResNet`, `head` those of its classifiers.
    """
    channels = 2 * stack
    return {
        "type": "MMRecognizer3D",
        "backbone": {"type": "STResNet", "stack": stack, "width": width, **backbone},
        "cls_head": {
            "type": "STResNetHead",
            "num_classes": num_classes,
            "in_channels": 32 * width,
            **(head or {}),
            "average_clips": "score",
        },
        "data_preprocessor": {
            "type": "MultiModalDataPreprocessor",
            "preprocessors": {
                "rgb": _normalising(list(IMAGENET_MEAN), list(IMAGENET_STD)),
                "flow": _normalising([FLOW_ZERO] * channels, [FLOW_STD] * channels),
            },
        },
    }


def _normalising(mean: list[float], std: list[float]) -> dict[str, Any]:
    return {"type": "ActionDataPreprocessor", "mean": mean, "std": std}


def build_network(settings: dict[str, Any]) -> nn.Module:
    """Build the model of a `description`."""
    register()
    from mmaction.registry import MODELS

    # mmengine looks for a model's parts in the current scope, which is its own unless a Runner is active
    network: nn.Module = MODELS.build({**settings, "_scope_": "mmaction"})
    return network


def register() -> None:
    """Register backbone, head and data set with MMAction2."""
    prepare()
    import harness_stresnet.backbone
    import harness_stresnet.dataset
    import harness_stresnet.head  # noqa: F401


def load_checkpoint(network: nn.Module, path: Path, num_classes: int) -> None:
    """Load trained weights. Raises `WeightsError` if classes or shapes do not fit."""
    state = read_checkpoint(path, network)
    for classifier in CLASSIFIERS:
        require_classes(state, classifier, num_classes, path, "stresnet")
    fill(network, state, path, "options depth, width and stack must be those it was trained with")


def raw_scores(network: Any, rgb: Tensor, flow: Tensor) -> Tensor:
    """Scores before softmax ``(2, num_classes)``, appearance and motion, of one clip in 0..255.

    `rgb` is ``(T, 3, h, w)``, `flow` ``(T, 2 * stack, h, w)``.
    """
    given = {"inputs": {"rgb": [rgb], "flow": [flow]}, "data_samples": None}
    inputs = network.data_preprocessor(given)["inputs"]
    scores: Tensor = network.cls_head(network.backbone(**inputs))[0]
    return scores.float()
