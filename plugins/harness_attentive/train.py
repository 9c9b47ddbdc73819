"""``harness train attentive``: both streams on HR clips, or on restored ones with a teacher that sees HR clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.contracts import TrainingRequest
from harness.errors import UsageError
from harness.weights.loading import fill, load_state
from harness_attentive.distilling import Distillation
from harness_attentive.recognizer import Form
from harness_mmaction.training.learning import learn
from harness_mmaction.training.lesson import FLOW, FRAMES, MIXED, RESTORED, Learner, Lesson
from harness_mmaction.training.recipe import Share, ViewRecipe

if TYPE_CHECKING:
    from torch import nn

TWO_STREAMS = ("spatial", "temporal")


class AttentiveRecipe(ViewRecipe):
    """A recipe of the recogniser; `segments` is 1, for it sees one run of frames."""

    dropout: Share
    distil: Distillation | None = None
    """What is learnt from ``--teacher``; None for labels alone."""

    @property
    def taught(self) -> bool:
        return self.distil is not None and self.distil.taught


class AttentiveLearner(Learner[AttentiveRecipe]):
    title = "I3D with self-attention"
    recipe = AttentiveRecipe
    starts: Sequence[str] = ("kinetics", "scratch")
    shows = MIXED
    sees: Mapping[str, Sequence[str]] = {"spatial": (FRAMES,), "temporal": (FLOW,)}

    def model(self, lesson: Lesson[AttentiveRecipe]) -> dict[str, Any]:
        _register()
        recipe, form = lesson.recipe, Form.of(lesson.options)
        if recipe.crop != form.input_size:
            raise UsageError(f"recipe of attentive: crop must be {form.input_size}, the size of what is tested")
        return {
            "type": "AttentiveModel",
            "form": vars(form),
            "stream": lesson.stream,
            "num_classes": len(lesson.classes),
            "dropout": recipe.dropout,
            "smoothing": recipe.label_smoothing,
            "kinetics": str(_kinetics(form)) if recipe.start == "kinetics" else "",
            "teacher": str(lesson.teacher or ""),
            "distil": recipe.distil.model_dump() if recipe.distil else None,
        }

    def data(self, lesson: Lesson[AttentiveRecipe], indices: Sequence[int], *, training: bool) -> dict[str, Any]:
        recipe, flow = lesson.recipe, lesson.stream == "temporal"
        kind = FLOW if flow else FRAMES
        mixed = {"restored": str(lesson.caches[RESTORED[kind]]), "mix": lesson.mix} if lesson.mix else {}
        return {
            "type": "AttentiveClips",
            "folder": str(lesson.caches[kind]),
            **mixed,
            "classes": list(lesson.classes),
            "frames": lesson.whole("frames"),
            "crop": recipe.crop,
            "jitter": recipe.jitter,
            "colour": recipe.colour,
            "flow": flow,
            "taught": training and lesson.teacher is not None,
            "indices": list(indices),
            "training": training,
        }

    def words(self, lesson: Lesson[AttentiveRecipe]) -> dict[str, str]:
        form = Form.of(lesson.options)
        narrow = f", channels divided by {form.narrow}" if form.narrow > 1 else ""
        attention = f"{form.attention} self-attention of {form.heads} heads" if form.attention else "no attention"
        start = {"kinetics": "I3D's weights for Kinetics-400", "scratch": "random weights"}
        return {
            "network": f"I3D of {form.frames} frames{narrow}, {attention}",
            "started from": start.get(lesson.recipe.start, lesson.recipe.start),
        }

    def load(self, network: nn.Module, path: Path, num_classes: int) -> None:
        fill(network, load_state(path), path, f"it must be of the same options, and of {num_classes} classes")


def _register() -> None:
    """Register model and data set with MMAction2."""
    from harness_mmaction.compat import prepare

    prepare()
    import harness_attentive.dataset
    import harness_attentive.model  # noqa: F401


def _kinetics(form: Form) -> Path:
    from harness_attentive.starting import kinetics_file

    return kinetics_file(form.narrow)


def train(
    request: TrainingRequest, *, streams: Sequence[str] = TWO_STREAMS, recipe: AttentiveRecipe | None = None
) -> None:
    """Train `streams` one after the other, as `harness_mmaction.training.learning.learn` says.

    Implements `harness.contracts.Trainer`. `recipe` replaces the recipe that the request names.
    """
    learn(AttentiveLearner(), request, streams=streams, recipe=recipe)
