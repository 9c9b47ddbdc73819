"""``harness train coupled``: both streams together, on HR clips and on restored LR ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import field_validator

from harness.contracts import TrainingRequest
from harness_mmaction.training.learning import learn
from harness_mmaction.training.lesson import BOTH, FEATURES, RESTORED, Learner, Lesson
from harness_mmaction.training.recipe import BaseRecipe

if TYPE_CHECKING:
    from torch import nn

    from harness.training.restored import Restoring
    from harness_mmaction.training.cache import Kept
    from harness_mmaction.training.course import Course


class CoupledRecipe(BaseRecipe):
    """A recipe of the recogniser, which sees the same of a clip each time, in single precision."""

    @field_validator("precision")
    @classmethod
    def _full(cls, precision: str) -> str:
        if precision != "fp32":
            raise ValueError("this recogniser learns in fp32 alone")
        return precision


class CoupledLearner(Learner[CoupledRecipe]):
    title = "Fully coupled two-stream GRU"
    recipe = CoupledRecipe
    starts: Sequence[str] = ("scratch",)
    shows = BOTH
    sees: Mapping[str, Sequence[str]] = {"joint": (FEATURES,)}

    def kept(self, course: Course[CoupledRecipe], kind: str, restoring: Restoring | None) -> Kept:
        from harness_attentive.coupled.cache import UnitMaker
        from harness_attentive.coupled.units import Seen

        return UnitMaker(Seen.of(course.options), *course.flow, course.setting.device, restoring)

    def depends_on(self, lesson: Lesson[CoupledRecipe]) -> Mapping[str, str]:
        from harness_attentive.coupled.units import digest

        return {"features": digest(str(lesson.options["features"]))}

    def model(self, lesson: Lesson[CoupledRecipe]) -> dict[str, Any]:
        _register()
        from harness_attentive.coupled.cache import LAYOUT
        from harness_mmaction.training.cache import open_store

        (*_, channels) = open_store(lesson.caches[FEATURES], LAYOUT).entries[0].shape
        return {
            "type": "CoupledModel",
            "num_classes": len(lesson.classes),
            "channels": channels,
            "smoothing": lesson.recipe.label_smoothing,
        }

    def data(self, lesson: Lesson[CoupledRecipe], indices: Sequence[int], *, training: bool) -> dict[str, Any]:
        return {
            "type": "CoupledClips",
            "folder": str(lesson.caches[FEATURES]),
            "restored": str(lesson.caches[RESTORED[FEATURES]]),
            "classes": list(lesson.classes),
            "indices": list(indices),
        }

    def words(self, lesson: Lesson[CoupledRecipe]) -> dict[str, str]:
        from harness_attentive.coupled.network import HIDDEN
        from harness_attentive.coupled.units import Seen

        seen, start = Seen.of(lesson.options), lesson.recipe.start
        return {
            "network": f"bidirectional GRUs of {HIDDEN} over {seen.count} units of I3D on {seen.frames} frames",
            "features": seen.in_words(),
            "started from": "random weights" if start == "scratch" else start,
        }

    def load(self, network: nn.Module, path: Path, num_classes: int) -> None:
        from harness.weights.loading import fill, load_state

        fill(network, load_state(path), path, f"it must be of {num_classes} classes, over features of the same width")


def _register() -> None:
    """Register model and data set with MMAction2."""
    from harness_mmaction.compat import prepare

    prepare()
    import harness_attentive.coupled.dataset
    import harness_attentive.coupled.model  # noqa: F401


def train(request: TrainingRequest, *, recipe: CoupledRecipe | None = None) -> None:
    """Train the joint stream, as `harness_mmaction.training.learning.learn` says; LR clips are the benchmark's,
    restored by ``--restore``, by default its floor.

    Implements `harness.contracts.Trainer`. `recipe` replaces the recipe that the request names.
    """
    learn(CoupledLearner(), request, recipe=recipe)
