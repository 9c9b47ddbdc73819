"""What a training would do: ``harness train METHOD --dry-run``."""

from __future__ import annotations

from harness.errors import UsageError
from harness.training.cache import announced, caches_folder
from harness.training.card import aligned
from harness_basicsr.declared.architectures import arguments_of
from harness_basicsr.networks.registered import create
from harness_basicsr.training import dflow_model, spmc_model  # noqa: F401  (they register with basicsr)
from harness_basicsr.training.job import Job
from harness_basicsr.training.losses import published_losses  # noqa: F401  (registers with basicsr)
from harness_basicsr.training.pipeline import last_state


def describe(job: Job) -> str:
    """Data, recipe, network, iterations, sizes and places, one a line. Of the videos, size and length are read."""
    recipe, setting = job.recipe, job.setting
    network = arguments_of(recipe.arch or job.name, setting.scale, recipe.network)
    parameters = sum(p.numel() for p in create(network).parameters())
    roles = list(job.frames.roles().values())
    frames = roles.count("train") * recipe.frames_per_clip
    held_out = f"{roles.count('validate')} held out with their groups"
    rows = {
        "method": job.name,
        "recipe": str(job.file),
        "data": f"{setting.trained_on}: {len(setting.clips)} clips, {held_out}",
        "degradation": setting.degradation,
        "frames": f"{recipe.frames_per_clip} of each of {roles.count('train')} clips, at most {frames:,}",
        "optical flow": recipe.flow or "none",
        "network": f"{network.pop('type')}, {parameters:,} parameters",
        "its options": ", ".join(f"{key} {value}" for key, value in network.items()),
        "tuned to": job.judge.title if job.judge else "no recogniser",
        "starts from": job.start.name if job.start else "random weights",
        "teacher": job.teacher.name if job.teacher else "none",
        "patches": f"{recipe.patch}x{recipe.patch} LR pixels, {recipe.batch} a batch",
        "iterations": ", ".join(f"{stage.name} {stage.iterations:,} ({stage.model})" for stage in recipe.stages),
        "device": str(job.device),
        "precision": recipe.in_words(),
        "frame cache": f"{announced([job.frames.origin()], setting.bound)} under {caches_folder()}, if not there yet",
        "checkpoint": str(job.checkpoint),
        "resume": _resume(job),
    }
    return aligned(rows)


def _resume(job: Job) -> str:
    states = {s.name: last_state(job.out / "experiments" / s.name) for s in job.recipe.stages}
    there = [f"{name} from iteration {done}" for name, (state, done) in states.items() if state is not None]
    if not there:
        return "nothing to resume from; it would start from scratch"
    if not job.request.resume:
        raise UsageError(f"{job.out} holds an earlier training ({', '.join(there)}); give --resume, or another --out")
    return ", ".join(there)
