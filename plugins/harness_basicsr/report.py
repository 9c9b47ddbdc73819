"""What a training came to: quality on held-out frames, and the data card."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from harness.contracts import SRMethod
from harness.frames import to_tensor, to_uint8
from harness.methods import Bicubic
from harness.training.card import write_card
from harness.training.frame_cache import FrameCache
from harness.training.hardware import describe_hardware
from harness.weights import load_state, sha256
from harness_basicsr import compat  # noqa: F401  (before basicsr)
from harness_basicsr.job import Job
from harness_basicsr.pipeline import StageResult

from basicsr.metrics import calculate_psnr  # isort: skip


def report(job: Job, results: Sequence[StageResult]) -> str:
    """Write the data card beside the checkpoint and return a line that sums it up."""
    cache = FrameCache.load(job.cache)
    found = psnr_y(job.build(), cache, job.device)
    floor = psnr_y(Bicubic(scale=job.benchmark.scale, device=job.device), cache, job.device)
    quality = f"{found:.2f} dB PSNR-Y on held-out training frames (bicubic {floor:.2f} dB)"
    fields = {**_what(job, cache), **_how(job, results), "validation": quality, "sha256": sha256(job.checkpoint)}
    title = f"{job.name} for {job.benchmark.name} x{job.benchmark.scale}"
    card = write_card(job.checkpoint, title=title, fields=fields, notes=job.recipe.notes)
    return f"{job.checkpoint} and {card.name}: {quality}"


def psnr_y(method: SRMethod, cache: FrameCache, device: torch.device) -> float:
    """Mean PSNR-Y in dB of the held-out frames as a method restores them: BasicSR's measure, `scale` pixels cropped."""
    values = []
    for index in cache.indices("validate"):
        lr, hr = cache.pair(index)
        restored = to_uint8(method.upscale(to_tensor(np.array(lr)[None], device), [0]))[0]
        values.append(calculate_psnr(restored[..., ::-1], hr[..., ::-1], cache.scale, test_y_channel=True))
    return float(np.mean(values))


def _what(job: Job, cache: FrameCache) -> dict[str, Any]:
    clips = {entry.clip for entry in cache.entries if entry.role == "train"}
    parameters = sum(value.numel() for value in load_state(job.checkpoint).values())
    return {
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "network": {**job.recipe.network, "parameters": f"{parameters:,}"},
        "data": f"{job.trained_on}, {job.benchmark.degradation}: {len(cache.indices('train'))} frames of {len(clips)} "
        f"clips (cache {job.cache.name}); {len(cache.indices('validate'))} clips held out with their groups",
        "licence": "Apache-2.0",
    }


def _how(job: Job, results: Sequence[StageResult]) -> dict[str, Any]:
    recipe = job.recipe
    losses = [f"{k} {v:.4g}" for k, v in results[-1].losses.items() if k.startswith("l_")]
    return {
        "seed": recipe.seed,
        "iterations": {stage.name: stage.iterations for stage in recipe.stages},
        "batch": f"{recipe.batch} patches of {recipe.patch}x{recipe.patch} LR pixels, flipped and turned",
        "time": {s.name: timedelta(seconds=round(r.seconds)) for s, r in zip(recipe.stages, results, strict=True)},
        "hardware": describe_hardware(job.device),
        "software": f"basicsr {version('basicsr')} (its train_pipeline), torch {torch.__version__}",
        "losses as last logged": losses,
    }
