"""The configuration of mmengine's Runner."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from mmengine.runner import Runner
from torch import nn

from harness.training.precision import prepare_network
from harness_mmaction.compat import prepare
from harness_mmaction.training.recipe import BaseRecipe


def build_runner(
    recipe: BaseRecipe,
    stream: str,
    *,
    model: dict[str, Any],
    learn: dict[str, Any],
    measure: dict[str, Any] | None,
    work: Path,
    epochs: int,
    beginning: dict[str, Any],
    resume: bool,
) -> Runner:
    """A Runner that trains a model (its description) on the data set `learn` and measures itself on `measure`.

    Data sets are descriptions too, with the numbers of their clips as ``indices``. Checkpoints go to `work` after every
    epoch; with `resume`, training resumes from the last of them, if that has the same `beginning`. What mmengine logs
    goes to files in `work` alone.
    """
    prepare()
    clips = len(learn["indices"])
    settings: dict[str, Any] = {
        "model": model,
        "train_dataloader": {
            "batch_size": min(recipe.batch, clips),
            "num_workers": 0,
            "drop_last": True,
            "sampler": {"type": "DefaultSampler", "shuffle": True, "seed": recipe.seed},
            "dataset": learn,
        },
        "train_cfg": {"by_epoch": True, "max_epochs": epochs, "val_interval": recipe.validate_every},
        "optim_wrapper": _optimiser(recipe),
        "param_scheduler": _schedule(recipe, epochs * recipe.iterations(clips), recipe.epochs[stream]),
        "custom_hooks": [{"type": "PlainCheckpoint", "beginning": beginning}],
        "default_hooks": {
            "logger": {"type": "LoggerHook", "interval": 20},
            "checkpoint": {"type": "CheckpointHook", "interval": 1, "max_keep_ckpts": 1},
        },
        "randomness": {"seed": recipe.seed},
    }
    if measure is not None:
        settings |= {
            "val_dataloader": {
                "batch_size": 1,
                "num_workers": 0,
                "sampler": {"type": "DefaultSampler", "shuffle": False},
                "dataset": measure,
            },
            "val_cfg": {},
            "val_evaluator": {"type": "AccMetric"},
        }
    with redirect_stdout(io.StringIO()):
        runner = Runner(
            work_dir=str(work),
            resume=resume,
            default_scope="mmaction",
            experiment_name=f"{stream}_{time.time_ns()}",
            **settings,
        )
    for handler in runner.logger.handlers:
        if not isinstance(handler, logging.FileHandler):
            handler.setLevel(logging.ERROR)
    _prepare_networks(runner.model, recipe)
    return runner


def _prepare_networks(model: nn.Module, recipe: BaseRecipe) -> None:
    """The parts that a model names in `computing_parts`, or else those that MMAction2's recognisers call by themselves,
    compute as the recipe says; losses are none of them."""
    device = next(model.parameters()).device
    own: Callable[[], list[tuple[nn.Module, str]]] | None = getattr(model, "computing_parts", None)
    if own is not None:
        parts = own()
    else:
        named = (getattr(model, name, None) for name in ("backbone", "neck", "cls_head"))
        parts = [(part, "forward") for part in named if isinstance(part, nn.Module)]
    for part, call in parts:
        prepare_network(part, recipe, device, (call,))


def _optimiser(recipe: BaseRecipe) -> dict[str, Any]:
    common = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay}
    kinds: dict[str, dict[str, Any]] = {
        "sgd": {"type": "SGD", "momentum": recipe.momentum}, "adamw": {"type": "AdamW"}, "rmsprop": {"type": "RMSprop"},
    }  # fmt: skip
    return {
        "type": "OptimWrapper",
        "optimizer": {**kinds[recipe.optimizer], **common},
        "paramwise_cfg": {"norm_decay_mult": 0.0, "bias_decay_mult": 0.0},
        "clip_grad": {"max_norm": 20},
        "accumulative_counts": recipe.accumulate,
    }


def _schedule(recipe: BaseRecipe, iterations: int, epochs: int) -> list[dict[str, Any]]:
    """The rate rises linearly, then falls along a cosine to almost nothing, or in the recipe's steps.

    `epochs` are the recipe's, to which its steps belong; `iterations` are those of the training.
    """
    rise = round(recipe.warm_up * iterations)
    warm_up = {"type": "LinearLR", "start_factor": 0.02, "by_epoch": False, "begin": 0, "end": rise}
    if recipe.steps:
        milestones = [round(step / epochs * iterations) for step in recipe.steps]
        fall = {"type": "MultiStepLR", "milestones": milestones, "gamma": 0.1, "by_epoch": False}
    else:
        cosine = {"type": "CosineAnnealingLR", "T_max": iterations - rise, "eta_min_ratio": 1e-3}
        fall = {**cosine, "by_epoch": False, "begin": rise, "end": iterations}
    return [*([warm_up] if rise else []), fall]
