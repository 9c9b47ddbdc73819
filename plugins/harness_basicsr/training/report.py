"""The result of a training: quality on held-out frames, and the data card."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from harness.contracts import SRMethod, StereoMethod
from harness.files import sha256
from harness.methods import Bicubic
from harness.training.card import LICENCE, write_card
from harness.training.curves import write_curves
from harness.training.frame_cache import FrameCache
from harness.training.hardware import describe_hardware
from harness.video.frames import to_tensor, to_uint8
from harness.weights.loading import load_state
from harness_basicsr import compat  # noqa: F401  (before basicsr)
from harness_basicsr.declared.architectures import architecture, frames_shown
from harness_basicsr.training.job import Job
from harness_basicsr.training.pipeline import StageResult, quality

from basicsr.metrics import calculate_psnr  # isort: skip


def report(job: Job, results: Sequence[StageResult], floor: float, processes: int = 1) -> str:
    """Write the data card and the loss curves beside the checkpoint and return a line that sums it up.

    `floor` is bicubic's PSNR-Y in dB, as `bicubic_psnr` gives it.
    """
    cache = FrameCache.load(job.cache)
    every = frames_shown(architecture(job.recipe.arch or job.name).view)
    found = psnr_y(job.build(), cache, job.device, every)
    measured = f"{found:.2f} dB PSNR-Y on held-out training frames (bicubic {floor:.2f} dB)"
    facts = {**_what(job, cache), **_how(job, results, processes)}
    fields = {**facts, "validation": measured, "sha256": sha256(job.checkpoint)}
    title = f"{job.title} for {job.setting.label} x{job.setting.scale}"
    curves = {stage.name: result.curve for stage, result in zip(job.recipe.stages, results, strict=True)}
    table, picture = write_curves(job.out, curves, quality(floor))
    card = write_card(job.checkpoint, title=title, fields=fields, notes=job.recipe.notes)
    return f"{job.checkpoint}, {card.name}, {table.name}, {picture.name}: {measured}"


def bicubic_psnr(job: Job) -> float:
    """PSNR-Y in dB of bicubic on the held-out frames."""
    return psnr_y(Bicubic(scale=job.setting.scale, device=job.device), FrameCache.load(job.cache), job.device)


def psnr_y(method: SRMethod, cache: FrameCache, device: torch.device, every: int = 1) -> float:
    """Mean PSNR-Y in dB of the held-out frames as a method restores them: BasicSR's measure, `scale` pixels cropped.

    The method sees what the cache keeps of the frames around each, or one in `every` of a clip that begins with it.
    """
    values = []
    for index in cache.indices("validate"):
        item = cache.item(index)
        shown = [to_tensor(np.array(view[::every]), device) for view in np.split(item.lr, cache.window.views)]
        restored = to_uint8(_restored(method, shown, cache.window.before))[0]
        values.append(calculate_psnr(restored[..., ::-1], item.hr[0][..., ::-1], cache.scale, test_y_channel=True))
    return float(np.mean(values))


def _restored(method: SRMethod, views: Sequence[Tensor], wanted: int) -> Tensor:
    """One frame of the first view, ``(1, 3, H, W)``, by a method of all views or of that alone."""
    if isinstance(method, StereoMethod):
        left, right = views
        return method.upscale_left(left, right, [wanted])
    return method.upscale(views[0], [wanted])


def _what(job: Job, cache: FrameCache) -> dict[str, Any]:
    clips = {entry.clip for entry in cache.entries if entry.role == "train"}
    parameters = sum(value.numel() for value in load_state(job.checkpoint).values())
    return {
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "recipe": job.recipe_name,
        "network": {**job.options, "parameters": f"{parameters:,}"},
        "data": f"{job.setting.trained_on}, {job.setting.degradation}: "
        f"{len(cache.indices('train'))} frames of {len(clips)} clips (cache {job.cache.name}); "
        f"{len(cache.indices('validate'))} clips held out with their groups",
        "licence": LICENCE,
    }


def _how(job: Job, results: Sequence[StageResult], processes: int) -> dict[str, Any]:
    recipe = job.recipe
    turned = (
        "flipped and turned"
        if architecture(recipe.arch or job.name).views == 1
        else "half of them flipped top to bottom"
    )
    several = f" in each of {processes} processes" if processes > 1 else ""
    losses = [f"{k} {v:.4g}" for k, v in results[-1].losses.items() if k.startswith("l_")]
    return {
        "seed": recipe.seed,
        "start": f"{job.start.name}, sha256 {job.start.digest}" if job.start else "random weights",
        "teacher": f"{job.teacher.name}, sha256 {job.teacher.start.digest}" if job.teacher else None,
        "distillation": {s.name: s.distil.in_words() for s in recipe.stages if s.distil} or None,
        "iterations": {stage.name: stage.iterations for stage in recipe.stages},
        "batch": f"{recipe.batch} patches of {recipe.patch}x{recipe.patch} LR pixels{several}, {turned}",
        "precision": recipe.in_words() if recipe.computing() else None,
        "optical flow": recipe.flow,
        "tuned to": recipe.judge,
        "crops": recipe.crops.model_dump() if recipe.crops else None,
        "time": {s.name: timedelta(seconds=round(r.seconds)) for s, r in zip(recipe.stages, results, strict=True)},
        "hardware": describe_hardware(job.device),
        "software": f"basicsr {version('basicsr')} (its train_pipeline), torch {torch.__version__}",
        "losses as last logged": losses,
    }
