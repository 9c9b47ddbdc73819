"""Behind ``harness train METHOD``: decode, train through BasicSR, export, measure, write the data card."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import torch

from harness.bars import counting_bar
from harness.contracts import TrainingRequest
from harness.errors import HarnessError
from harness.terminal import tell
from harness.training.cache import shortage
from harness.training.card import header
from harness.training.frame_cache import FrameCache
from harness.weights.loading import load_state, save_state
from harness_basicsr.declared.architectures import arguments_of
from harness_basicsr.training.distributed import World, processes
from harness_basicsr.training.dryrun import describe
from harness_basicsr.training.job import Job, plan
from harness_basicsr.training.judging import judged_by
from harness_basicsr.training.pipeline import StageResult, run_stages
from harness_basicsr.training.report import bicubic_psnr, report
from harness_basicsr.training.starting import write_start
from harness_basicsr.training.tuning import tuned


def train(request: TrainingRequest) -> None:
    """Train a method on a benchmark's training split or a folder of videos. Implements `harness.contracts.Trainer`.

    Under ``request.out`` go BasicSR's option files and experiment folders, the checkpoint
    ``NAME-SOURCE-xSCALE.safetensors``, its data card, ``losses.csv`` and ``losses.png``. Decoded frames are kept in
    ``harness.paths.home()/training-frames``.
    """
    job = plan(request)
    if request.dry_run:
        tell(describe(job))
        return
    try:
        with processes(job.device) as world:
            _train(job, world)
    except OSError as error:
        raise HarnessError(
            f"{error.filename or job.out}: {error.strerror or error}; make room or give another --out, "
            "and continue with --resume"
        ) from error


def _train(job: Job, world: World) -> None:
    if job.device.type == "cuda":
        job = _on_own_gpu(job, world)
    job.out.mkdir(parents=True, exist_ok=True)
    world.lead_first(lambda: _prepare(job, world))
    floor = bicubic_psnr(job)
    with judged_by(job.judge):
        results = run_stages(
            job.name,
            job.recipe,
            scale=job.setting.scale,
            cache=job.cache,
            out=job.out,
            resume=job.request.resume,
            use_gpu=job.device.type == "cuda",
            world=world,
            floor=floor,
            init=job.start,
            teacher=job.teacher,
        )
    if world.leads:
        _finish(job, results, floor, world)
    world.wait()


def _prepare(job: Job, world: World) -> None:
    if not world.leads:
        job.fill(None)
        return
    with counting_bar("preparing frames", "clips") as progress:
        folder = job.fill(progress)
    if told := shortage(FrameCache.load(folder).store):
        tell(told, err=True)
    if job.start is not None:
        network = arguments_of(job.recipe.arch or job.name, job.setting.scale, job.recipe.network)
        write_start(job.start, network, job.out)


def _finish(job: Job, results: list[StageResult], floor: float, world: World) -> None:
    _export(job, results[-1].network)
    tell(report(job, results, floor, world.size))
    tell(f"use it: {_use(job)}")
    if job.judge is not None:
        for line in tuned(job, job.judge, results[-1].network):
            tell(line)


def _on_own_gpu(job: Job, world: World) -> Job:
    """BasicSR trains on the current device, whichever is asked for."""
    if world.size == 1 and job.device.index is not None:
        torch.cuda.set_device(job.device)
    return replace(job, device=torch.device("cuda", torch.cuda.current_device()))


def _export(job: Job, network: Path) -> None:
    said = header(
        job.name,
        options=job.options,
        trained_on=job.setting.trained_on,
        note=f"{_network(job)}, trained on {job.setting.trained_on} by the recipe {job.recipe_name}{_after(job)}",
        scale=str(job.setting.scale),
    )
    save_state(job.checkpoint, load_state(network), said)


def _after(job: Job) -> str:
    """What it learnt from besides frames."""
    judge = f", tuned to the recogniser {job.judge.title}" if job.judge else ""
    return judge + (f", taught by {job.teacher.name}" if job.teacher else "")


def _network(job: Job) -> str:
    """The network with the options that differ from the published ones."""
    name = job.recipe.arch or job.name
    options = ", ".join(f"{key} {value}" for key, value in job.recipe.network.items())
    return f"{name} ({options})" if options else name


def _use(job: Job) -> str:
    """The command that uses the checkpoint."""
    sr = shlex.quote(job.choice())
    if job.request.benchmark is None:
        return f"harness upscale VIDEO --scale {job.setting.scale} --out BIG.mp4 --sr {sr}"
    return f"harness run --benchmark {job.request.benchmark} --sr {sr}"
