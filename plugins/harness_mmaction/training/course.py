"""One training of a recogniser: what is asked for, by which recipe, and what follows from both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, cast

from harness.choice import Choice
from harness.contracts import TrainingRequest
from harness.datasets.digests import split_digest
from harness.errors import UsageError
from harness.specs import OptionValue, RecognizerSpec
from harness.training.cache import announced
from harness.training.card import aligned, header
from harness.training.holdout import hold_out, whole_groups
from harness.training.recipes import find_recipe, read_recipe
from harness.training.setting import Setting, setting_of
from harness.training.store import Origin
from harness_mmaction.training.cache import Look
from harness_mmaction.training.lesson import FLOW, FRAMES, RESTORED, AnyRecipe, Learner, Lesson


@dataclass(frozen=True)
class Course(Generic[AnyRecipe]):
    """A recogniser, what it learns from, and how. Made by `course_of`."""

    learner: Learner[AnyRecipe]
    setting: Setting
    recipe: AnyRecipe
    recipe_name: str
    streams: Sequence[str]

    @property
    def request(self) -> TrainingRequest:
        return self.setting.request

    @property
    def out(self) -> Path:
        return self.request.out.resolve()

    @cached_property
    def options(self) -> dict[str, OptionValue]:
        """The recogniser's options under the benchmark's protocol, among them `flow_bound` and `stack`."""
        return self.setting.options(self.recipe.options)

    @cached_property
    def clips(self) -> tuple[list[int], list[int]]:
        """Numbers of the clips that are learnt from, and of those that only measure progress."""
        clips, recipe = self.setting.clips, self.recipe
        roles = hold_out(clips, whole_groups(clips, recipe.held_out, recipe.seed))
        learned, measured = ([i for i, c in enumerate(clips) if roles[c.id] == r] for r in ("train", "validate"))
        return learned, measured

    def epochs(self, stream: str) -> int:
        return self.recipe.epochs_for(stream, len(self.clips[0]), self.request.iters)

    @property
    def iterations(self) -> dict[str, int]:
        """By stream."""
        learned = len(self.clips[0])
        return {s: self.epochs(s) * self.recipe.of(s).iterations(learned) for s in self.streams}

    @cached_property
    def looks(self) -> Mapping[str, Look]:
        """What is cached of clips, at the size at which the recogniser is tested or, if larger, the size that the crops
        need."""
        side = max(self.recipe.side(), int(cast(int, self.options.get("short_side") or 0)))
        found = {FRAMES: Look(side)}
        seen = {kind for stream in self.streams for kind in self.learner.sees[stream]}
        if FLOW in seen:
            assert self.setting.benchmark is not None
            estimator, name = self.setting.flow(self.setting.benchmark.flow, self.setting.device)
            found[FLOW] = Look(side, estimator, name, float(cast(float, self.options["flow_bound"])))
        found = {kind: look for kind, look in found.items() if kind in seen}
        if self.mix is not None:
            restoring = self.setting.restoring(self.request.restore)
            found |= {RESTORED[kind]: replace(look, restoring=restoring) for kind, look in found.items()}
        return found

    @property
    def mix(self) -> tuple[int, int] | None:
        """None where only HR clips are shown."""
        return self.request.mix if self.request.mix and self.request.mix[1] else None

    @property
    def shown(self) -> str:
        """What it learns from, in words."""
        if self.mix is None:
            return "HR"
        restored = next(look.restoring for look in self.looks.values() if look.restoring)
        return f"HR : LR = {self.mix[0]}:{self.mix[1]}, LR restored by {restored.name}"

    def seen_by(self, stream: str) -> list[str]:
        """The caches that a stream uses."""
        kinds = self.learner.sees[stream]
        return [*kinds, *(RESTORED[kind] for kind in kinds if self.mix is not None)]

    def bound(self, kind: str) -> float:
        """Bytes that one cache may take: its share, so that frames and flow of the same clips are kept."""
        return self.setting.bound * self.looks[kind].channels / sum(look.channels for look in self.looks.values())

    def checkpoint(self, stream: str) -> Path:
        """Where the trained weights go."""
        return self.out / f"{self.request.name}-{stream}-{self.setting.label}.safetensors"

    def header(self, lesson: Lesson[AnyRecipe]) -> dict[str, str]:
        """What the file says about itself: for whom it is, the options that its network implies, and what it is."""
        network, data = self.learner.words(lesson)["network"], self.setting.trained_on
        mixed = f" ({self.shown})" if self.mix else ""
        return header(
            self.request.name,
            options={name: self.options[name] for name in self.recipe.options},
            trained_on=data,
            note=f"{network}, trained on {data}{mixed} by the recipe {self.recipe_name}",
            stream=lesson.stream,
        )

    def facts(self, lesson: Lesson[AnyRecipe]) -> dict[str, Any]:
        """What the card says about data and protocol."""
        flow, clips = None, self.setting.clips
        if FLOW in lesson.caches:
            look, stack = self.looks[FLOW], self.options["stack"]
            flow = f"{look.name}, HR frames, clipped at +-{look.bound} px, 8 bits, stacks of {stack}"
        return {
            "command": f"harness train {self.request.name} --benchmark {self.setting.label}",
            "recipe": self.recipe_name,
            "stream": lesson.stream,
            "trained on": f"{self.setting.trained_on}, {self.shown}, {len(clips)} clips",
            "data digest": split_digest(clips),
            "optical flow": flow,
        }

    def choice(self) -> str:
        """The trained recogniser as the command line takes it under this benchmark."""
        stream = "{stream}" if len(self.learner.sees) > 1 else self.streams[0]
        assert self.setting.benchmark is not None
        fixed = self.setting.benchmark.recognizers.get(self.request.name, {})
        own = {name: value for name, value in self.recipe.options.items() if name not in fixed}
        return str(Choice(self.request.name, tuple({"checkpoint": str(self.checkpoint(stream)), **own}.items())))

    def describe(self) -> str:
        """What would be done: data, recipe, streams, iterations, sizes and places, one a line."""
        setting, (learned, measured) = self.setting, self.clips
        origins = [Origin(setting.dataset, setting.clips, look) for look in self.looks.values()]
        kept = ", ".join(f"{kind} of at most {look.short_side} px" for kind, look in self.looks.items())
        rows = {
            "recogniser": self.request.name,
            "recipe": self.recipe_name,
            "data": f"{setting.trained_on}, {self.shown}: {len(learned)} clips, {len(measured)} more held out",
            "iterations": ", ".join(f"{s} {n:,} ({self.epochs(s)} epochs)" for s, n in self.iterations.items()),
            "batch": f"{self.recipe.batch} clips, {self.recipe.segments} segments each, crops of {self.recipe.crop} px",
            "device": str(setting.device),
            "precision": self._computing_in_words(),
            "clip cache": f"{announced(origins, setting.bound)} ({kept} on the short side) under {self.cache_folder}",
            "checkpoints": ", ".join(str(self.checkpoint(stream)) for stream in self.streams),
        }
        return aligned(rows)

    def _computing_in_words(self) -> str:
        """Once if all streams compute alike, which is usual."""
        words = {stream: self.recipe.of(stream).in_words() for stream in self.streams}
        alike = len(set(words.values())) == 1
        return words[self.streams[0]] if alike else "; ".join(f"{stream}: {text}" for stream, text in words.items())

    @property
    def cache_folder(self) -> Path:
        return self.out / "cache"


def course_of(
    learner: Learner[AnyRecipe], request: TrainingRequest, streams: Sequence[str] | None, recipe: AnyRecipe | None
) -> Course[AnyRecipe]:
    """Read recipe and data. `recipe` replaces the one that the request names. Raises `UsageError`."""
    if request.benchmark is None:
        raise UsageError(f"{request.name} learns from labelled clips: give --benchmark NAME")
    for option in ("scale", "arch", "init"):
        if getattr(request, option) is not None:
            raise UsageError(f"--{option}: {request.name} is a recogniser and learns from HR clips; leave it out")
    if request.restore and not request.mix:
        raise UsageError("--restore: it belongs to --mix HR:LR, which says how often restored clips are shown")
    if request.mix and request.mix[1] and not learner.mixes:
        raise UsageError(f"--mix: {request.name} learns from HR clips alone; leave it out")
    name = "given by the caller"
    if recipe is None:
        file = find_recipe(request.name, request.benchmark, request.recipe)
        recipe, name = read_recipe(file, learner.recipe), f"{file.parent.name}/{file.name}"
    recipe.require_streams(learner.sees)
    return Course(learner, setting_of(request, RecognizerSpec), recipe, name, streams or tuple(learner.sees))
