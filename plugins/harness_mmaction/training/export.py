"""A finished training as safetensors with its data card."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.runner import Runner
from torch import Tensor

from harness.files import sha256
from harness.training.card import LICENCE, write_card
from harness.training.hardware import describe_hardware
from harness.weights.loading import save_state
from harness_mmaction.training.hooks import LOSS, SECONDS
from harness_mmaction.training.recipe import BaseRecipe


@dataclass(frozen=True)
class Outcome:
    """What came out of training one stream."""

    state: Mapping[str, Tensor]
    classes: tuple[str, ...]
    facts: Mapping[str, Any]
    """For the card."""

    @classmethod
    def of(
        cls, runner: Runner, recipe: BaseRecipe, words: Mapping[str, str], epochs: int, learned: int, measured: int
    ) -> Outcome:
        """Read the results off a Runner that has trained; `words` say what was trained."""
        found = runner.val() if measured else {}
        last_epoch = recipe.iterations(learned)
        parameters = sum(p.numel() for p in runner.model.parameters())
        smoothed = " (labels smoothed)" if recipe.label_smoothing else ""
        facts = {
            **words,
            "parameters": parameters,
            "seed": recipe.seed,
            "epochs": f"{epochs} of {last_epoch} iterations, {_batch(recipe)}",
            "optimiser": _optimiser(recipe),
            "precision": recipe.in_words() if recipe.computing() else None,
            "time": f"{float(runner.message_hub.get_info(SECONDS)) / 60:.1f} minutes",
            "hardware": describe_hardware(next(runner.model.parameters()).device),
            "software": f"torch {torch.__version__}, Python {platform.python_version()}",
            "loss in the last epoch": f"{runner.message_hub.get_info(LOSS):.3f}{smoothed}",
            "held out": f"{measured} clips of the training split, whole groups; not learned from",
            "accuracy on held-out clips": f"{100 * found['acc/top1']:.1f} % top-1" if found else None,
        }
        classes = tuple(runner.train_dataloader.dataset.metainfo["classes"])
        return cls(runner.model.state_dict(), classes, facts)


def _batch(recipe: BaseRecipe) -> str:
    accumulated = f" x {recipe.accumulate}" if recipe.accumulate > 1 else ""
    return ", ".join(filter(None, (f"batch {recipe.batch}{accumulated}", recipe.views)))


def _optimiser(recipe: BaseRecipe) -> str:
    names = {"adamw": "AdamW", "sgd": f"SGD, momentum {recipe.momentum}", "rmsprop": "RMSprop"}
    fall = f"a tenth after {', '.join(map(str, recipe.steps))} epochs" if recipe.steps else "cosine"
    warm_up = "warm-up and " if recipe.warm_up else ""
    return f"{names[recipe.optimizer]}, rate {recipe.learning_rate}, decay {recipe.weight_decay}, {warm_up}{fall}"


def export(
    path: Path, outcome: Outcome, header: Mapping[str, str], facts: Mapping[str, Any], *, title: str, notes: str = ""
) -> None:
    """Write the weights (kernels in half precision, the rest unchanged) and the card beside them.

    `header` goes into the file, for ``harness weights add``.
    """
    state = {key: _compact(value) for key, value in outcome.state.items() if not key.endswith("num_batches_tracked")}
    save_state(path, state, {**header, "classes": "\n".join(outcome.classes)})
    fields = {
        **facts,
        **outcome.facts,
        "stored as": "safetensors, kernels in float16, other tensors in float32",
        "sha256": sha256(path),
        "licence": LICENCE,
    }
    write_card(path, title=title, fields=fields, notes=notes)


def _compact(value: Tensor) -> Tensor:
    return value.detach().cpu().half() if value.ndim > 1 else value.detach().cpu()
