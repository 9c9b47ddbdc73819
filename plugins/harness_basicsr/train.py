"""Behind ``harness train METHOD``: decode, train through BasicSR, export, measure, write the data card."""

from __future__ import annotations

import json
from pathlib import Path

from harness.weights import load_state, save_state
from harness_basicsr.job import Job, prepare
from harness_basicsr.pipeline import run_stages
from harness_basicsr.report import report


def train(name: str, benchmark: str, *, out: Path, iters: int | None, resume: bool, device: str) -> None:
    """Train a method on a benchmark's training split. Implements `harness.contracts.Trainer`.

    Under `out` come BasicSR's option files and experiment folders, the checkpoint ``NAME-BENCHMARK-xSCALE.safetensors``
    and its data card. Decoded frames are kept in ``harness.paths.home()/training-frames``.
    """
    job = prepare(name, benchmark, out=out, iters=iters, device=device)
    results = run_stages(
        name,
        job.recipe,
        scale=job.benchmark.scale,
        cache=job.cache,
        out=out,
        resume=resume,
        use_gpu=job.device.type == "cuda",
    )
    _export(job, results[-1].network)
    print(report(job, results))
    print(f"use it: harness run --benchmark {benchmark} --sr {_choice(job)}")


def _export(job: Job, network: Path) -> None:
    metadata = {
        "method": job.name,
        "options": json.dumps(job.recipe.network),
        "scale": str(job.benchmark.scale),
        "trained_on": job.trained_on,
    }
    save_state(job.checkpoint, load_state(network), metadata)


def _choice(job: Job) -> str:
    options = {"checkpoint": str(job.checkpoint), **job.recipe.network}
    return f"{job.name}:" + ",".join(f"{key}={value}" for key, value in options.items())
