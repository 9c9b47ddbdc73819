"""``harness train stresnet``: both streams together on a benchmark's HR training split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, model_validator

from harness.contracts import TrainingRequest
from harness.errors import UsageError
from harness_mmaction.training.learning import learn
from harness_mmaction.training.lesson import FLOW, FRAMES, HR, Learner, Lesson
from harness_mmaction.training.recipe import ViewRecipe

if TYPE_CHECKING:
    from torch import nn

Stride = Annotated[int, Field(ge=1)]
PRETRAINED = (50, 64)
"""Depth and width of the network for which there are ImageNet weights."""


class STResNetRecipe(ViewRecipe):
    """A recipe of ST-ResNet; `segments` are the positions in time."""

    stride: tuple[Stride, Stride]
    """Frames from one position to the next: the smallest and the largest."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.stride[0] > self.stride[1]:
            raise ValueError("stride: the smallest comes first")
        return self


class STResNetLearner(Learner[STResNetRecipe]):
    title = "ST-ResNet"
    recipe = STResNetRecipe
    starts: Sequence[str] = ("imagenet", "scratch")
    shows = HR
    sees: Mapping[str, Sequence[str]] = {"joint": (FRAMES, FLOW)}

    def model(self, lesson: Lesson[STResNetRecipe]) -> dict[str, Any]:
        from harness_stresnet.network import description, register

        register()
        network = {name: lesson.options[name] for name in ("depth", "injection", "temporal_pool")}
        return description(
            len(lesson.classes),
            stack=lesson.whole("stack"),
            width=lesson.whole("width"),
            head={"label_smooth_eps": lesson.recipe.label_smoothing},
            imagenet=_imagenet(lesson) if lesson.recipe.start == "imagenet" else "",
            **network,
        )

    def data(self, lesson: Lesson[STResNetRecipe], indices: Sequence[int], *, training: bool) -> dict[str, Any]:
        recipe = lesson.recipe
        return {
            "type": "CachedJointClips",
            "frames": str(lesson.caches[FRAMES]),
            "flow": str(lesson.caches[FLOW]),
            "classes": list(lesson.classes),
            "stack": lesson.whole("stack"),
            "crop": recipe.crop,
            "jitter": recipe.jitter,
            "colour": recipe.colour,
            "stride": recipe.stride,
            "segments": recipe.segments if training else lesson.whole("segments"),
            "indices": list(indices),
            "training": training,
        }

    def words(self, lesson: Lesson[STResNetRecipe]) -> dict[str, str]:
        depth, width, injection = (lesson.options[name] for name in ("depth", "width", "injection"))
        pooled = "maximum" if lesson.options["temporal_pool"] else "mean"
        start = lesson.recipe.start
        return {
            "network": f"MMRecognizer3D, STResNet of {depth} layers, width {width}, {injection}, {pooled} over time",
            "started from": {
                "imagenet": "torchvision's ImageNet weights of ResNet-50, in both streams",
                "scratch": "random weights",
            }.get(start, start),
        }

    def load(self, network: nn.Module, path: Path, num_classes: int) -> None:
        from harness_stresnet.network import load_checkpoint

        load_checkpoint(network, path, num_classes)


def _imagenet(lesson: Lesson[STResNetRecipe]) -> str:
    """The file of torchvision's ImageNet weights, fetched if it is not there yet."""
    from harness_stresnet.pretrained import imagenet_file

    if (lesson.options["depth"], lesson.options["width"]) != PRETRAINED:
        raise UsageError(
            "recipe of stresnet: there are ImageNet weights for depth 50 and width 64 only; write start: scratch"
        )
    return str(imagenet_file())


def train(request: TrainingRequest, *, recipe: STResNetRecipe | None = None) -> None:
    """Train the joint stream, as `harness_mmaction.training.learning.learn` says.

    Implements `harness.contracts.Trainer`. `recipe` replaces the recipe that the request names.
    """
    learn(STResNetLearner(), request, recipe=recipe)
