"""The configuration of mmengine's Runner."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.runner import Runner

from harness_mmaction.compat import prepare
from harness_mmaction.network import builtin_config
from harness_mmaction.recipe import Recipe


def build_runner(
    recipe: Recipe,
    stream: str,
    classes: Sequence[str],
    cache: Path,
    learn: Sequence[int],
    measure: Sequence[int],
    *,
    work: Path,
    epochs: int,
    stack: int,
    test_segments: int,
    resume: bool,
) -> Runner:
    """A Runner that trains one stream on the clips `learn` of a cache and measures itself on `measure`.

    Checkpoints go to `work` after every epoch; with `resume` the last of them is gone on from.
    """
    prepare()
    data: dict[str, Any] = {
        "type": "CachedClips",
        "folder": str(cache),
        "classes": list(classes),
        "stack": 0 if stream == "spatial" else stack,
        "crop": recipe.crop,
    }
    training = {
        "segments": recipe.segments,
        "colour": recipe.colour,
        "indices": list(learn),
        "training": True,
    }
    measuring = {"segments": test_segments, "indices": list(measure), "training": False}
    settings: dict[str, Any] = {
        "model": _model(recipe, stream, len(classes), stack),
        "train_dataloader": {
            "batch_size": min(recipe.batch, len(learn)),
            "num_workers": 0,
            "drop_last": True,
            "sampler": {"type": "DefaultSampler", "shuffle": True, "seed": recipe.seed},
            "dataset": {**data, **training},
        },
        "train_cfg": {"by_epoch": True, "max_epochs": epochs, "val_interval": recipe.validate_every},
        "optim_wrapper": _optimiser(recipe),
        "param_scheduler": _schedule(recipe, epochs * recipe.iterations(len(learn))),
        "custom_hooks": [{"type": "PlainCheckpoint"}],
        "default_hooks": {
            "logger": {"type": "LoggerHook", "interval": 20},
            "checkpoint": {"type": "CheckpointHook", "interval": 1, "max_keep_ckpts": 1},
        },
        "randomness": {"seed": recipe.seed},
    }
    if measure:
        settings |= {
            "val_dataloader": {
                "batch_size": 1,
                "num_workers": 0,
                "sampler": {"type": "DefaultSampler", "shuffle": False},
                "dataset": {**data, **measuring},
            },
            "val_cfg": {},
            "val_evaluator": {"type": "AccMetric"},
        }
    return Runner(
        work_dir=str(work),
        resume=resume,
        default_scope="mmaction",
        experiment_name=f"{stream}_{time.time_ns()}",
        **settings,
    )


def _model(recipe: Recipe, stream: str, num_classes: int, stack: int) -> dict[str, Any]:
    return builtin_config(
        stream,
        num_classes,
        stack=stack,
        imagenet=True,
        dropout_ratio=recipe.dropout,
        label_smooth_eps=recipe.label_smoothing,
    )


def _optimiser(recipe: Recipe) -> dict[str, Any]:
    return {
        "type": "OptimWrapper",
        "optimizer": {"type": "AdamW", "lr": recipe.learning_rate, "weight_decay": recipe.weight_decay},
        "paramwise_cfg": {"norm_decay_mult": 0.0, "bias_decay_mult": 0.0},
        "clip_grad": {"max_norm": 20},
    }


def _schedule(recipe: Recipe, iterations: int) -> list[dict[str, Any]]:
    """The rate rises linearly, then falls along a cosine to almost nothing."""
    rise = round(recipe.warm_up * iterations)
    fall = {"type": "CosineAnnealingLR", "T_max": iterations - rise, "eta_min_ratio": 1e-3}
    warm_up = {"type": "LinearLR", "start_factor": 0.02, "by_epoch": False, "begin": 0, "end": rise}
    return [*([warm_up] if rise else []), {**fall, "by_epoch": False, "begin": rise, "end": iterations}]
