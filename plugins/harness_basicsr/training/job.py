"""One training: what is asked for, and the frames it sees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from harness.choice import Choice, all_options, parse_choice, resolve
from harness.contracts import FlowEstimator, Progress, SRMethod, TrainingRequest
from harness.errors import UsageError
from harness.imports import resolve_import
from harness.paths import home
from harness.planning.resolving import full_text
from harness.registry import Registry, registry
from harness.running.build import pick_device
from harness.specs import FlowSpec, SRMethodSpec
from harness.training.frame_cache import Layout, open_cache
from harness_basicsr.declared.architectures import architecture
from harness_basicsr.training.fitting import check
from harness_basicsr.training.recipe import Recipe, load_recipe, recipe_path
from harness_basicsr.training.source import Source, source_of


@dataclass(frozen=True)
class Job:
    """A method, what it is trained on, and how."""

    request: TrainingRequest
    source: Source
    recipe: Recipe
    file: Path
    """Of the recipe."""
    device: torch.device

    @property
    def name(self) -> str:
        return self.request.name

    @property
    def out(self) -> Path:
        return self.request.out

    @property
    def title(self) -> str:
        """The method, with network and recipe where they are not its own."""
        own = (self.name, self.request.arch)
        more = self.file.stem if self.request.recipe and self.file.stem not in own else None
        return "-".join(dict.fromkeys(filter(None, (self.name, more, self.request.arch))))

    @property
    def checkpoint(self) -> Path:
        """Where the trained weights go."""
        return self.out / f"{self.title}-{self.source.label}-x{self.source.scale}.safetensors"

    @property
    def options(self) -> dict[str, Any]:
        """The method's options that make the trained network."""
        spec = registry().all(SRMethodSpec).get(self.name)
        arch = {"arch": self.recipe.arch} if spec and "arch" in spec.options and self.recipe.arch else {}
        return {**arch, **self.recipe.network}

    @cached_property
    def cache(self) -> Path:
        """Folder of the frames, see `harness.training.frame_cache`; filled where it is not there yet."""
        return self.fill(None)

    def fill(self, progress: Progress | None) -> Path:
        """Decode, degrade and find flow, once for all methods that look at the same frames."""
        known, recipe = registry(), self.recipe
        degradation, key = self.source.degrade(known)
        estimator, flow = flow_of(recipe, known)
        clips = self.source.clips
        return open_cache(
            frames_folder(),
            self.source.dataset,
            clips,
            degradation,
            key=key + flow,
            frames_per_clip=recipe.frames_per_clip,
            validation_clips=held_out(self.source, recipe, len(clips)),
            seed=recipe.seed,
            layout=layout_of(self.name, recipe),
            flow=estimator,
            progress=progress,
        )

    def build(self) -> SRMethod:
        """The method with the trained weights."""
        factory = resolve_import(registry().get(SRMethodSpec, self.name).factory)
        method: SRMethod = factory(scale=self.source.scale, device=self.device, weights=self.checkpoint, **self.options)
        return method

    def choice(self) -> str:
        """The trained method as the command line takes it."""
        return str(Choice(self.name, tuple({"checkpoint": str(self.checkpoint), **self.options}.items())))


def plan(request: TrainingRequest) -> Job:
    """Read recipe and data, and check that method, network and patches fit. Raises `UsageError`."""
    source = source_of(request, registry())
    file = recipe_path(request.name, request.benchmark, request.recipe)
    recipe = load_recipe(file)
    if request.arch is not None:
        recipe = _with_network(request, recipe, file)
    check(request.name, recipe, source.scale)
    return Job(request, source, recipe.scaled_to(request.iters), file, pick_device(request.device))


def layout_of(name: str, recipe: Recipe) -> Layout:
    """What the training of a method looks at around each chosen frame.

    Whatever needs flow or a window gets one layout as long as it fits, so that the methods of a comparison share a
    cache, and with it their frames and crops.
    """
    network, flow = architecture(recipe.arch or name), recipe.flow is not None
    if network.view == "clip":
        return Layout(targets=recipe.sequence, flow=flow)
    if not flow and not network.radius:
        return Layout()
    radius = max(3, network.radius)
    return Layout(before=radius, after=radius, targets=2, flow=flow)


def held_out(source: Source, recipe: Recipe, clips: int) -> int:
    """Clips to validate on: as the recipe says, but of a user's own videos at most a tenth, and one."""
    return min(recipe.validation_clips, max(1, clips // 10)) if source.own_videos else recipe.validation_clips


def frames_folder() -> Path:
    """Where decoded frames are kept."""
    return home() / "training-frames"


def flow_of(recipe: Recipe, known: Registry) -> tuple[FlowEstimator | None, str]:
    """The recipe's flow estimator, which runs on the CPU as in a run, and its name with all options."""
    if recipe.flow is None:
        return None, ""
    choice = parse_choice(recipe.flow)
    spec = known.get(FlowSpec, choice.name)
    options = all_options(resolve(choice, spec), spec)
    estimator: FlowEstimator = resolve_import(spec.factory)(device=torch.device("cpu"), **options)
    return estimator, f" {full_text(spec.name, options)}"


def _with_network(request: TrainingRequest, recipe: Recipe, file: Path) -> Recipe:
    """The recipe with the network of ``--arch``, as wide as in that network's own recipe beside it, or as published."""
    arch = str(request.arch)
    architecture(arch)
    spec = registry().get(SRMethodSpec, request.name)
    if "arch" not in spec.options:
        free = sorted(n for n, s in registry().all(SRMethodSpec).items() if s.trainer and "arch" in s.options)
        raise UsageError(
            f"--arch {arch}: {request.name} is one network; methods that take any: {', '.join(free) or 'none'}"
        )
    beside = file.with_name(f"{arch}.yaml")
    return recipe.for_architecture(arch, load_recipe(beside).network if beside.is_file() else {})
