"""BasicSR's option files, made from a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from harness.training.curves import every as every_row
from harness_basicsr.declared.architectures import architecture, arguments_of
from harness_basicsr.training.recipe import Distillation, Recipe, Stage
from harness_basicsr.training.teaching import Teacher

AHEAD: Mapping[str, Any] = {"prefetch_mode": "cpu", "num_prefetch_queue": 4}
"""Batches are made by a thread while a GPU computes; on a CPU it would take away what computes."""


class _Plain(yaml.SafeDumper):
    """Writes repeated sections in full: basicsr takes sections apart while it reads them."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_yaml(options: Mapping[str, Any]) -> str:
    """The text of an option file."""
    return yaml.dump(dict(options), Dumper=_Plain, sort_keys=False)


def stage_options(
    method: str,
    recipe: Recipe,
    stage: Stage,
    *,
    scale: int,
    cache: Path,
    start: Path | None,
    state: Path | None,
    done: int,
    use_gpu: bool,
    world: int = 1,
    digest: str = "",
    teacher: Teacher | None = None,
) -> dict[str, Any]:
    """The option file of one stage.

    `start` is the network that the stage begins with (None for random weights), `state` the training state to resume
    from, after `done` iterations. `world` processes share the work, each with batches of its own. `digest` is that of
    the weights that the training starts from, so that it cannot resume with others. Stages that distil learn
    from `teacher`.
    """
    every = min(recipe.validate_every, stage.iterations)
    options: dict[str, Any] = {
        "name": stage.name,
        "model_type": stage.model,
        "scale": scale,
        "num_gpu": int(use_gpu),
        "manual_seed": recipe.seed,
        "datasets": _datasets(method, recipe, stage, cache, done, world, use_gpu),
        "network_g": arguments_of(recipe.arch or method, scale, recipe.network),
        "path": _paths(start, state),
        "train": _train(stage),
        "val": {"val_freq": every, "save_img": False, "metrics": {"psnr_y": _psnr(scale)}},
        "logger": {
            "print_freq": every_row(stage.iterations),
            "save_checkpoint_freq": every,
            "use_tb_logger": False,
        },
    }
    if digest:
        options["start"] = digest
    if recipe.judge:
        options["judge"] = recipe.judge
    if stage.network_d is not None:
        options["network_d"] = dict(stage.network_d)
    if stage.distil is not None:
        _distil(options, recipe.arch or method, stage.distil, teacher if stage.distil.taught else None)
    return options | recipe.computing()


def _distil(options: dict[str, Any], student: str, distil: Distillation, teacher: Teacher | None) -> None:
    """Add what ``STDModel`` reads."""
    options["distil"] = {"student": student, **distil.model_dump(), "teacher": None}
    if teacher is not None:
        options["distil"] |= {"teacher": teacher.arch, "network": dict(teacher.network), "digest": teacher.start.digest}
        options["path"]["pretrain_network_teacher"] = str(teacher.start.path)
        options["network_s"] = {"type": "SpaceTimeLoss"}  # BasicSR then finds its weights when it resumes


def _datasets(
    method: str, recipe: Recipe, stage: Stage, cache: Path, done: int, world: int, use_gpu: bool
) -> dict[str, Any]:
    network = architecture(recipe.arch or method)
    frames = {"cache": str(cache), "view": network.view, "radius": network.radius}
    batch = stage.batch or recipe.batch
    train = {
        "name": "train",
        "type": "HarnessPatches",
        **frames,
        "view": "clip" if stage.distil else network.view,
        "patch": recipe.patch,
        "crops": recipe.crops.model_dump() if recipe.crops else None,
        "pairs": stage.pairs,
        "motion_weight": stage.motion_weight,
        "seed": recipe.seed,
        "first": done * batch * world,
        "batch_size_per_gpu": batch,
        "num_worker_per_gpu": 0,
        **(AHEAD if use_gpu else {}),
    }
    if world > 1:  # another number of processes sees other batches, so a training cannot resume with it
        train["world"] = world
    return {"train": train, "val": {"name": "held-out", "type": "HarnessFrames", **frames}}


def _paths(start: Path | None, state: Path | None) -> dict[str, Any]:
    return {
        "pretrain_network_g": str(start) if start else None,
        "param_key_g": "params_ema",
        "strict_load_g": True,
        "resume_state": str(state) if state else None,
    }


def _train(stage: Stage) -> dict[str, Any]:
    train = deepcopy(stage.train)
    scheduler = train.get("scheduler", {})
    if scheduler.get("type") == "CosineAnnealingRestartLR":
        scheduler.setdefault("periods", [stage.iterations])
    return {**train, "total_iter": stage.iterations}


def _psnr(scale: int) -> dict[str, Any]:
    return {"type": "calculate_psnr", "crop_border": scale, "test_y_channel": True}
