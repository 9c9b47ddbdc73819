"""Runs the stages of a recipe through BasicSR's own training pipeline, and resumes them."""

from __future__ import annotations

import pickle
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import yaml

from harness.errors import HarnessError, UsageError
from harness.training.display import LineDisplay, display_for
from harness.training.quality import Curve, Quality
from harness_basicsr import compat
from harness_basicsr.networks import registered  # noqa: F401  (registers with basicsr)
from harness_basicsr.training import (  # noqa: F401  (they register with basicsr)
    dataset,
    dflow_model,
    spmc_model,
    sr4ir_model,
    std_model,
    stereo_model,
)
from harness_basicsr.training.computing import computing_as
from harness_basicsr.training.distributed import World, parallel_pipeline
from harness_basicsr.training.logs import PSNR, read_curve, read_logs
from harness_basicsr.training.losses import perceptual, published_losses, task_driven  # noqa: F401  (they register)
from harness_basicsr.training.options import AHEAD, as_yaml, stage_options
from harness_basicsr.training.recipe import Recipe
from harness_basicsr.training.starting import FILE as START
from harness_basicsr.training.starting import Start
from harness_basicsr.training.teaching import Teacher
from harness_basicsr.training.watching import LossError, watched

from basicsr.train import train_pipeline  # isort: skip
from basicsr.utils import get_time_str  # isort: skip

ONE_PROCESS = ("SPMCModel", "SR4IRModel", "STDModel")
"""Models that bypass the wrapper through which processes share gradients."""


@dataclass(frozen=True)
class StageResult:
    """What a stage left behind."""

    network: Path
    """BasicSR's checkpoint of the last iteration."""
    seconds: float
    """Time spent, over all resumed parts."""
    losses: Mapping[str, float]
    """As last logged."""
    curve: Curve
    """Losses and PSNR-Y by iteration, as logged."""


def quality(floor: float | None) -> Quality:
    """What is measured on the held-out frames; `floor` is bicubic's."""
    return Quality(PSNR, "PSNR-Y", "dB", floor, "bicubic")


def run_stages(
    method: str,
    recipe: Recipe,
    *,
    scale: int,
    cache: Path,
    out: Path,
    resume: bool,
    use_gpu: bool,
    world: World = World(),
    floor: float | None = None,
    init: Start | None = None,
    teacher: Teacher | None = None,
) -> list[StageResult]:
    """Train stage by stage under `out`; with `resume`, from the last state of each that can be read.

    The first stage starts from `init`, or from random weights.

    `floor` is bicubic's PSNR-Y in dB, for the display. Raises `UsageError` if asked to resume what was begun with
    other options, and `HarnessError` if a loss is not finite or the disk is full.
    """
    results: list[StageResult] = []
    _refuse_processes(recipe, world)
    iterations = {stage.name: stage.iterations for stage in recipe.stages}
    first = out / START if init else None
    with display_for(iterations, quality(floor), world.leads) as display:
        for stage in recipe.stages:
            start = results[-1].network if results else first
            folder = out / "experiments" / stage.name
            state, done = last_state(folder) if resume else (None, 0)
            options = stage_options(
                method, recipe, stage, scale=scale, cache=cache, start=start, state=state, done=done,
                use_gpu=use_gpu, world=world.size, digest=init.digest if init else "", teacher=teacher,
            )  # fmt: skip
            file = out / f"{stage.name}.yml"
            if state is not None:
                _refuse_other_options(file, options)
            world.wait()
            if world.leads:
                file.write_text(as_yaml(options))
            world.wait()
            display.begin(stage.name, done)
            _run(file, folder, recipe, display, world)
            world.wait()
            results.append(_result(folder, options["val"]["val_freq"]))
    return results


def _run(file: Path, folder: Path, recipe: Recipe, display: LineDisplay, world: World) -> None:
    """One call of BasicSR's pipeline."""
    launcher = ("--launcher", "pytorch") if world.size > 1 else ()
    try:
        with (
            compat.own_log_file(),
            compat.command_line(file, *launcher),
            compat.resume_on_any_device(),
            parallel_pipeline(world),
            computing_as(recipe),
            watched(display, world.leads),
        ):
            _await_new_log(folder)
            train_pipeline(str(file.parent.resolve()))
    except LossError as error:
        state, iteration = last_state(folder)
        kept = f"the last good state is {state}, of iteration {iteration}" if state else "no state was saved before"
        raise HarnessError(
            f"stage {folder.name}: {error}; {kept}. Lower the learning rate or the loss weight in the recipe and "
            "start from scratch with another --out"
        ) from error


def _await_new_log(folder: Path) -> None:
    """basicsr names its logs by the second, and a training resumed at once would write over the last."""
    while (folder / f"train_{folder.name}_{get_time_str()}.log").exists():
        time.sleep(0.1)


def _result(folder: Path, every: int) -> StageResult:
    seconds, losses = read_logs(folder)
    return StageResult(folder / "models" / "net_g_latest.pth", seconds, losses, read_curve(folder, every))


def _refuse_processes(recipe: Recipe, world: World) -> None:
    for stage in recipe.stages:
        if world.size > 1 and stage.model in ONE_PROCESS:
            raise UsageError(f"stage {stage.name}: {stage.model} trains in one process; start it without torchrun")


def last_state(folder: Path) -> tuple[Path | None, int]:
    """The newest training state of a stage that can be read with its networks, and its iteration, or (None, 0).

    A process killed while writing leaves a state that is cut short, and one whose gradient was not finite leaves a
    useless one; the state before is used then.
    """
    states = {int(path.stem): path for path in (folder / "training_states").glob("*.state")}
    for iteration in sorted(states, reverse=True):
        networks = list((folder / "models").glob(f"net_*_{iteration}.pth"))
        if networks and all(map(_readable, [states[iteration], *networks])):
            return states[iteration], iteration
    return None, 0


def _readable(path: Path) -> bool:
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, pickle.UnpicklingError):
        return False
    networks = [value for value in loaded.values() if isinstance(value, dict)]
    return all(bool(torch.isfinite(t).all()) for network in networks for t in network.values() if torch.is_tensor(t))


def _refuse_other_options(file: Path, options: Mapping[str, Any]) -> None:
    before, now = (_without_progress(o) for o in (yaml.safe_load(file.read_text()), options))
    changed = [key for key in sorted(before.keys() | now.keys()) if before.get(key) != now.get(key)]
    if changed:
        raise UsageError(
            f"cannot resume: {file} differs from what is asked for now in {', '.join(changed)}; "
            "give the same recipe and iterations, or start from scratch without --resume"
        )


def _without_progress(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options without what changes from one resumption to the next, or does not change the result."""
    kept = {key: value for key, value in options.items() if key not in ("path", "num_gpu")}
    passing = ("first", *AHEAD)
    train = {key: value for key, value in options["datasets"]["train"].items() if key not in passing}
    return {**kept, "datasets": {**options["datasets"], "train": train}}
