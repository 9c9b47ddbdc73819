"""Any recogniser of MMAction2, 2D or 3D: its config, its checkpoint, and the test that the config describes.

Scores are those of MMAction2's ``tools/test.py``. Configs say how views are averaged: ``average_clips='score'`` means
raw scores and ``'prob'`` probabilities. Under ``'prob'``, as in all configs of the zoo, what is returned is the
logarithm of the mean probability, whose softmax is the output of ``tools/test.py``: a score before softmax, like all
others here. Without ``average_clips``, when ``tools/test.py`` gives scores per view, raw ones are averaged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from harness.contracts import Wants
from harness.errors import UsageError, WeightsMissingError
from harness.specs import OptionValue
from harness.transfer import to_host
from harness.video.flow_input import quantise
from harness.weights.loading import fill
from harness_mmaction.class_map import ClassMap, describe_map, load_map
from harness_mmaction.compat import prepare, quiet
from harness_mmaction.configs import Description, read_config
from harness_mmaction.networks.checkpoints import read_checkpoint
from harness_mmaction.views.clip_pipeline import ClipPipeline, assumed_fps, build_pipeline

PROBABILITIES = "prob"


@dataclass(frozen=True)
class AnyRecognizer:
    """A recogniser as its config tests it. Implements `harness.contracts.StreamRecognizer`.

    `average` is the config's ``average_clips``. Flow is clipped at +-`flow_bound` pixels.
    """

    network: Any
    pipeline: ClipPipeline
    stream: str
    average: str | None
    flow_bound: float
    classes: ClassMap | None = None

    def wants(self, num_frames: int) -> Wants:
        """What the config's test samples: frames, or consecutive pairs; a clip of one frame is paired with itself."""
        if self.stream == "spatial":
            return Wants(frames=tuple(self.pipeline.positions(num_frames)))
        if num_frames == 1:
            return Wants(pairs=tuple((0, 0) for _ in self.pipeline.positions(1)))
        return Wants(pairs=tuple((first, first + 1) for first in self.pipeline.positions(num_frames - 1)))

    def scores(self, frames: Tensor, flow: Tensor) -> Tensor:
        """Scores before softmax ``(num_classes,)``: see the module docstring. Views are made on the CPU."""
        spatial = self.stream == "spatial"
        levels = torch.round(frames * 255) if spatial else quantise(flow, self.flow_bound)
        sample = self.pipeline.inputs(to_host(levels.permute(0, 2, 3, 1).byte()).numpy())
        with torch.inference_mode():
            [found] = self.network.test_step({key: [value] for key, value in sample.items()})
            scores = over_views(found.pred_score.float(), self.average)
        return self.classes.restrict(scores) if self.classes is not None else scores


def over_views(scores: Tensor, average: str | None) -> Tensor:
    """Raw scores of views ``(V, C)`` to those of the clip ``(C,)``: their mean, or the log of the mean probability."""
    if average == PROBABILITIES:
        return torch.logsumexp(scores.log_softmax(dim=-1), dim=0) - math.log(len(scores))
    return scores.mean(dim=0)


def build(
    *,
    stream: str,
    class_names: Sequence[str],
    device: torch.device,
    weights: Path | None = None,
    config: str = "",
    checkpoint: str = "",
    classes: str = "",
    flow_bound: float = 20.0,
) -> AnyRecognizer:
    """The recogniser of a config of MMAction2 with the weights in `checkpoint` (or `weights`, from the catalogue).

    `stream` must match the config's modality: ``spatial`` for RGB, ``temporal`` for Flow. `classes` is a mapping
    from the data set's classes to the model's (`harness_mmaction.class_map`), needed if they differ.
    `flow_bound` is in pixels. Raises `UsageError` for options that do not go together and for configs that describe no
    test of a recogniser, `WeightsError` for weights that are missing, unsafe or of another network.
    """
    if not config:
        raise UsageError("mmaction: give config=FILE, a config of MMAction2, and checkpoint=FILE, its weights")
    if not flow_bound > 0:
        raise UsageError(f"flow_bound={flow_bound:g}: must be a positive number of pixels")
    description = read_config(config)
    if description.stream != stream:
        raise UsageError(
            f"{description.source}: is for {description.modality}; choose it with stream={description.stream}"
        )
    file = Path(checkpoint).expanduser() if checkpoint else weights
    if file is None:
        raise WeightsMissingError(f"{description.source}: no weights; give checkpoint=FILE")
    pipeline = build_pipeline(description)
    network, average = build_recognizer(description)
    mapping = _class_map(network.cls_head.num_classes, class_names, classes, description)
    fill(network, read_checkpoint(file, network), file, f"{description.source} must be what it was trained with")
    network = network.to(device).eval().requires_grad_(False)
    return AnyRecognizer(network, pipeline, stream, average, flow_bound, mapping)


def build_recognizer(description: Description) -> tuple[Any, str | None]:
    """The network, which averages nothing itself, and how its config averages views.

    Raises `UsageError` if it cannot be built or does not score classes.
    """
    prepare()
    from mmaction.models import BaseHead, FeatureHead, Recognizer2D, Recognizer3D
    from mmaction.registry import MODELS

    try:
        # mmengine looks for a model's parts in the current scope, which is its own unless a Runner is active
        with quiet():
            network = MODELS.build({**description.model, "_scope_": "mmaction"})
    except Exception as error:  # a model may raise anything; some need packages that are not installed
        raise UsageError(f"{description.source}: its model cannot be built: {type(error).__name__}: {error}") from error
    head: Any = getattr(network, "cls_head", None)
    known = isinstance(network, (Recognizer2D, Recognizer3D)) and isinstance(head, BaseHead)
    if not known or isinstance(head, FeatureHead):
        raise UsageError(
            f"{description.source}: is a {type(network).__name__} with a {type(head).__name__}; give the config of a "
            "Recognizer2D or Recognizer3D that classifies"
        )
    average: str | None = head.average_clips
    head.average_clips = None
    return network, average


def note(options: dict[str, OptionValue]) -> str:
    """What the leaderboard says about the scores: how views are made and averaged, and which classes are scored."""
    config, classes = str(options["config"]), str(options["classes"])
    if not config:
        return ""
    description = read_config(config)
    average, fps = description.model["cls_head"].get("average_clips"), assumed_fps(description)
    notes = [
        "scores are logarithms of probabilities averaged over views" if average == PROBABILITIES else "",
        f"every clip is taken to have {fps} frames a second" if fps else "",
        describe_map(classes) if classes else "",
    ]
    return "; ".join(filter(None, notes))


def _class_map(model: int, names: Sequence[str], classes: str, description: Description) -> ClassMap | None:
    if classes:
        return load_map(classes, names, model)
    if model != len(names):
        raise UsageError(
            f"{description.source}: its model has {model} classes, but the data set has {len(names)}; give a mapping "
            "with classes=FILE (CSV: class,model_class), or a config whose cls_head has num_classes="
            f"{len(names)} with a checkpoint trained on these classes"
        )
    return None
