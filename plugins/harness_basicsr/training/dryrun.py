"""What a training would do: ``harness train METHOD --dry-run``."""

from __future__ import annotations

from harness.errors import UsageError
from harness.training.frame_cache import hold_out
from harness_basicsr.declared.architectures import arguments_of
from harness_basicsr.networks.registered import create
from harness_basicsr.training import spmc_model  # noqa: F401  (registers with basicsr)
from harness_basicsr.training.job import Job, frames_folder, held_out, layout_of
from harness_basicsr.training.losses import published_losses  # noqa: F401  (registers with basicsr)
from harness_basicsr.training.pipeline import last_state


def describe(job: Job) -> str:
    """Data, recipe, network, iterations, sizes and places, one a line. Decodes no more than one frame."""
    recipe, source = job.recipe, job.source
    network = arguments_of(recipe.arch or job.name, source.scale, recipe.network)
    parameters = sum(p.numel() for p in create(network).parameters())
    clips = source.clips
    roles = list(hold_out(clips, held_out(source, recipe, len(clips)), recipe.seed).values())
    frames = roles.count("train") * recipe.frames_per_clip
    rows = {
        "method": job.name,
        "recipe": str(job.file),
        "data": f"{source.trained_on}: {len(clips)} clips, {roles.count('validate')} held out with their groups",
        "degradation": source.degradation,
        "frames": f"{recipe.frames_per_clip} of each of {roles.count('train')} clips, at most {frames:,}",
        "optical flow": recipe.flow or "none",
        "network": f"{network.pop('type')}, {parameters:,} parameters",
        "its options": ", ".join(f"{key} {value}" for key, value in network.items()),
        "patches": f"{recipe.patch}x{recipe.patch} LR pixels, {recipe.batch} a batch",
        "iterations": ", ".join(f"{stage.name} {stage.iterations:,} ({stage.model})" for stage in recipe.stages),
        "device": str(job.device),
        "frame cache": f"about {_cache_bytes(job, frames) / 1e6:,.0f} MB under {frames_folder()}, if not there yet",
        "checkpoint": str(job.checkpoint),
        "resume": _resume(job),
    }
    width = max(map(len, rows))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows.items())


def _cache_bytes(job: Job, frames: int) -> int:
    """As if all clips were of the first one's size."""
    layout = layout_of(job.name, job.recipe)
    height, width = job.source.dataset.open(job.source.clips[0]).size
    numbers = 3 * layout.targets + 3 * layout.lr_frames / job.source.scale**2 + (4 if layout.flow else 0)
    return round(frames * height * width * numbers)


def _resume(job: Job) -> str:
    states = {s.name: last_state(job.out / "experiments" / s.name) for s in job.recipe.stages}
    there = [f"{name} from iteration {done}" for name, (state, done) in states.items() if state is not None]
    if not there:
        return "nothing to go on from; it would start anew"
    if not job.request.resume:
        raise UsageError(f"{job.out} holds an earlier training ({', '.join(there)}); give --resume, or another --out")
    return ", ".join(there)
