"""Runs the stages of a recipe through BasicSR's own training pipeline, and resumes them."""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import torch
import yaml

from harness.errors import UsageError
from harness_basicsr import (  # noqa: F401  (they register with basicsr)
    compat,
    dataset,
    duf_arch,
    perceptual,
    spmc_model,
    srresnet_arch,
    vdsr_arch,
)
from harness_basicsr.options import stage_options
from harness_basicsr.recipe import Recipe

from basicsr.train import train_pipeline  # isort: skip


@dataclass(frozen=True)
class StageResult:
    """What a stage left behind."""

    network: Path
    """BasicSR's checkpoint of the last iteration."""
    seconds: float
    """Time spent, over all resumed parts."""
    losses: Mapping[str, float]
    """As last logged."""


def run_stages(
    method: str, recipe: Recipe, *, scale: int, cache: Path, out: Path, resume: bool, use_gpu: bool
) -> list[StageResult]:
    """Train stage by stage under `out`; with `resume`, from the last state of each that can be read.

    Raises `UsageError` when asked to resume what was begun with other options.
    """
    results: list[StageResult] = []
    for stage in recipe.stages:
        start = results[-1].network if results else None
        folder = out / "experiments" / stage.name
        state, done = last_state(folder) if resume else (None, 0)
        options = stage_options(
            method, recipe, stage, scale=scale, cache=cache, start=start, state=state, done=done, use_gpu=use_gpu
        )
        file = out / f"{stage.name}.yml"
        if state is not None:
            _refuse_other_options(file, options)
        file.write_text(yaml.safe_dump(options, sort_keys=False))
        with compat.own_log_file(), compat.command_line(file), compat.resume_on_any_device():
            train_pipeline(str(out.resolve()))
        seconds, losses = read_logs(folder)
        results.append(StageResult(folder / "models" / "net_g_latest.pth", seconds, losses))
    return results


def last_state(folder: Path) -> tuple[Path | None, int]:
    """The newest training state of a stage that can be read with its networks, and its iteration, or (None, 0).

    A process that was killed while it wrote leaves a state that is cut short; the one before is taken then.
    """
    states = {int(path.stem): path for path in (folder / "training_states").glob("*.state")}
    for iteration in sorted(states, reverse=True):
        networks = list((folder / "models").glob(f"net_*_{iteration}.pth"))
        if networks and all(map(_readable, [states[iteration], *networks])):
            return states[iteration], iteration
    return None, 0


def read_logs(folder: Path) -> tuple[float, dict[str, float]]:
    """Seconds between first and last line of a stage's log files, summed, and the losses logged last."""
    seconds, losses = 0.0, dict[str, float]()
    for log in sorted(folder.glob("train_*.log")):
        text = log.read_text(encoding="utf-8")
        times = [
            datetime.fromisoformat(t.replace(",", ".")) for t in re.findall(r"^\d{4}-\S+ [\d:]+,\d{3}", text, re.M)
        ]
        seconds += (times[-1] - times[0]).total_seconds() if times else 0.0
        lines = [line for line in text.splitlines() if "iter:" in line and " l_" in line]
        if lines:
            losses = {name: float(value) for name, value in re.findall(r"(\b\w+): (-?[\d.]+e[+-]\d+)", lines[-1])}
    return seconds, losses


def _readable(path: Path) -> bool:
    try:
        torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, pickle.UnpicklingError):
        return False
    return True


def _refuse_other_options(file: Path, options: Mapping[str, Any]) -> None:
    before, now = (_without_progress(o) for o in (yaml.safe_load(file.read_text()), options))
    changed = [key for key in sorted(before.keys() | now.keys()) if before.get(key) != now.get(key)]
    if changed:
        raise UsageError(
            f"cannot resume: {file} differs from what is asked now in {', '.join(changed)}; "
            "give the same recipe and iterations, or start anew without --resume"
        )


def _without_progress(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options without what changes from one resumption to the next, or does not change the result."""
    kept = {key: value for key, value in options.items() if key not in ("path", "num_gpu")}
    train = {key: value for key, value in options["datasets"]["train"].items() if key != "first"}
    return {**kept, "datasets": {**options["datasets"], "train": train}}
