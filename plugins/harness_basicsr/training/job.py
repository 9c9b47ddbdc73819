"""One training: what is asked for, and the frames it sees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import torch

from harness.choice import Choice
from harness.contracts import Progress, SRMethod, TrainingRequest
from harness.errors import UsageError
from harness.specs import SRMethodSpec
from harness.training.cache import caches_folder
from harness.training.frame_cache import Frames, Window
from harness.training.judges import Judge, judge_of
from harness.training.recipes import find_recipe, read_recipe
from harness.training.setting import Setting, setting_of
from harness_basicsr.declared.architectures import architecture
from harness_basicsr.training.fitting import check
from harness_basicsr.training.losses.consistency import MOMENTS, PAIRS
from harness_basicsr.training.recipe import Recipe
from harness_basicsr.training.starting import Start, starting_point
from harness_basicsr.training.teaching import Teacher, teacher_of


@dataclass(frozen=True)
class Job:
    """A method, what it is trained on, and how."""

    setting: Setting
    recipe: Recipe
    file: Path
    """Of the recipe."""
    device: torch.device
    start: Start | None = None
    """None for random weights."""
    judge: Judge | None = None
    """The recogniser that it is tuned to."""
    teacher: Teacher | None = None
    """None for a training without one."""

    @property
    def request(self) -> TrainingRequest:
        return self.setting.request

    @property
    def name(self) -> str:
        return self.request.name

    @property
    def out(self) -> Path:
        return self.request.out

    @property
    def title(self) -> str:
        """The method, with network and recipe if they are not its own."""
        own = (self.name, self.request.arch)
        stem = self.file.stem.removeprefix(f"{self.name}-")
        more = stem if self.request.recipe and stem not in own else None
        return "-".join(dict.fromkeys(filter(None, (self.name, more, self.request.arch))))

    @property
    def checkpoint(self) -> Path:
        """Where the trained weights go."""
        return self.out / f"{self.title}-{self.setting.label}-x{self.setting.scale}.safetensors"

    @property
    def recipe_name(self) -> str:
        """The file's folder and name, which name a shipped recipe."""
        return f"{self.file.parent.name}/{self.file.name}"

    @property
    def options(self) -> dict[str, Any]:
        """The method's options that make the trained network."""
        arch = {"arch": self.recipe.arch} if "arch" in self.setting.spec.options and self.recipe.arch else {}
        return {**arch, **self.recipe.network}

    @cached_property
    def cache(self) -> Path:
        """Folder of the frames, see `harness.training.frame_cache`; filled if it does not exist yet."""
        return self.fill(None)

    def fill(self, progress: Progress | None) -> Path:
        """Decode, degrade and find flow, once for all methods that use the same frames."""
        return self.frames.cache(caches_folder(), self.setting.bound, progress)

    @cached_property
    def frames(self) -> Frames:
        """The frames that are used. Flow is estimated on the CPU, as in a run."""
        setting, recipe = self.setting, self.recipe
        degradation, key = setting.degrade()
        flow, name = setting.flow(recipe.flow, torch.device("cpu")) if recipe.flow else (None, "")
        return Frames(
            setting.dataset,
            setting.clips,
            degradation,
            " ".join(filter(None, (setting.source, key, name))),
            frames_per_clip=recipe.frames_per_clip,
            validation_clips=self._held_out(),
            seed=recipe.seed,
            window=window_of(self.name, recipe),
            flow=flow,
        )

    def _held_out(self) -> int:
        """Clips to validate on: as the recipe says, but at most a tenth of a user's own videos, and at least one."""
        wanted = self.recipe.validation_clips
        return wanted if self.setting.benchmark else min(wanted, max(1, len(self.setting.clips) // 10))

    def build(self) -> SRMethod:
        """The method with the trained weights."""
        return cast(SRMethod, self.setting.built({**self.options, "checkpoint": str(self.checkpoint)}))

    def choice(self) -> str:
        """The trained method as the command line takes it."""
        return str(Choice(self.name, tuple({"checkpoint": str(self.checkpoint), **self.options}.items())))


def plan(request: TrainingRequest) -> Job:
    """Read recipe and data, and check that method, network and patches fit. Raises `UsageError`."""
    setting = setting_of(request, SRMethodSpec)
    setting.degrade()  # clips that are low-resolution by nature are refused before anything else is done
    file = find_recipe(request.name, request.benchmark, request.recipe)
    recipe = read_recipe(file, Recipe)
    if request.arch is not None:
        recipe = _with_network(setting, request.arch, recipe, file)
    start = None
    if request.init is not None:
        start = starting_point(request.init, recipe.arch or request.name, setting)
        recipe = recipe.starting_from(start.options)
    check(cast(SRMethodSpec, setting.spec), recipe, setting.scale)
    judge = judge_of(recipe.judge, setting) if recipe.judge else None
    recipe = recipe.tuned_to(judge.text if judge else None)
    teacher = teacher_of(request.teacher, recipe.arch or request.name, recipe, setting)
    return Job(setting, recipe.scaled_to(request.iters), file, setting.device, start, judge, teacher)


def window_of(name: str, recipe: Recipe) -> Window:
    """What the training of a method sees around each chosen frame.

    All methods that need flow or neighbours get the same window if it fits, so that the methods of a comparison share a
    cache, and with it their frames and crops.
    """
    network, flow = architecture(recipe.arch or name), recipe.flow is not None
    if network.sees_clips:
        return Window(targets=recipe.sequence, flow=flow)
    if recipe.distils:
        return Window(before=network.radius, after=network.radius, targets=recipe.sequence, flow=flow)
    if network.views > 1:
        around = network.radius
        return Window(before=around, after=around, targets=MOMENTS, flow=flow, views=network.views, pairs=PAIRS)
    if not flow and not network.radius:
        return Window()
    radius = max(3, network.radius)
    return Window(before=radius, after=radius, targets=2, flow=flow)


def _with_network(setting: Setting, arch: str, recipe: Recipe, file: Path) -> Recipe:
    """The recipe with the network of ``--arch``, as wide as in that network's own recipe beside it, or as published."""
    architecture(arch)
    if "arch" not in setting.spec.options:
        free = ", ".join(setting.takers_of("arch")) or "none"
        raise UsageError(f"--arch {arch}: {setting.spec.name} is one network; methods that take any: {free}")
    beside = file.with_name(f"{arch}.yaml")
    return recipe.for_architecture(arch, read_recipe(beside, Recipe).network if beside.is_file() else {})
