"""One training of a recogniser: what is asked for, by which recipe, and what follows from both."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, cast

from harness.choice import Choice
from harness.contracts import FlowEstimator, TrainingRequest
from harness.datasets.digests import split_digest
from harness.errors import UsageError
from harness.files import sha256
from harness.specs import OptionValue, RecognizerSpec
from harness.training.cache import announced, caches_folder
from harness.training.card import aligned, header
from harness.training.holdout import hold_out, whole_groups
from harness.training.recipes import find_recipe, read_recipe
from harness.training.restored import Restoring
from harness.training.setting import Setting, setting_of
from harness.training.store import Origin
from harness_mmaction.training.cache import Kept, Look
from harness_mmaction.training.lesson import BOTH, FLOW, HR, PUBLISHED, RESTORED, AnyRecipe, Learner, Lesson


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

    @property
    def samples(self) -> tuple[list[int], list[int]]:
        """Numbers of what is learnt from, and of what measures progress.

        They are those of `clips`; where every clip is shown in HR and in LR, the numbers of the latter follow those of
        all the former.
        """
        total = len(self.setting.clips) if self.learner.shows == BOTH else 0
        learned, measured = ([*own, *(total + number for number in own if total)] for own in self.clips)
        return learned, measured

    def epochs(self, stream: str) -> int:
        return self.recipe.epochs_for(stream, len(self.samples[0]), self.request.iters)

    @property
    def iterations(self) -> dict[str, int]:
        """By stream."""
        learned = len(self.samples[0])
        return {s: self.epochs(s) * self.recipe.of(s).iterations(learned) for s in self.streams}

    @cached_property
    def kept(self) -> Mapping[str, Kept]:
        """What is cached of clips, and of restored ones where they are shown."""
        kinds = list(dict.fromkeys(kind for stream in self.streams for kind in self.learner.sees[stream]))
        found = {kind: self.learner.kept(self, kind, None) for kind in kinds}
        if self.restoring is not None:
            found |= {RESTORED[kind]: self.learner.kept(self, kind, self.restoring) for kind in kinds}
        return found

    def look(self, kind: str, restoring: Restoring | None) -> Look:
        """Frames or flow, at the size at which the recogniser is tested or, if larger, the size that the crops need."""
        side = max(self.recipe.side(), int(cast(int, self.options.get("short_side") or 0)))
        if kind != FLOW:
            return Look(side, restoring=restoring)
        return Look(side, *self.flow, float(cast(float, self.options["flow_bound"])), restoring)

    @cached_property
    def flow(self) -> tuple[FlowEstimator, str]:
        """The benchmark's flow estimator, and its name with all options."""
        assert self.setting.benchmark is not None
        return self.setting.flow(self.setting.benchmark.flow, self.setting.device)

    @cached_property
    def restoring(self) -> Restoring | None:
        """What restores the LR clips that are shown; None where only HR ones are."""
        shown = self.mix is not None or self.learner.shows == BOTH
        return self.setting.restoring(self.request.restore) if shown else None

    @property
    def mix(self) -> tuple[int, int] | None:
        """None where HR and LR clips are not mixed."""
        return self.request.mix if self.request.mix and self.request.mix[1] else None

    @property
    def shown(self) -> str:
        """What it learns from, in words."""
        if self.restoring is None:
            return "HR"
        how = f"HR : LR = {self.mix[0]}:{self.mix[1]}" if self.mix else "every clip in HR and in LR"
        return f"{how}, LR restored by {self.restoring.name}"

    def teacher(self, stream: str) -> Path | None:
        """The weights that a stream learns from."""
        given = self.request.teacher
        return Path(given.replace("{stream}", stream)).expanduser() if given else None

    def seen_by(self, stream: str) -> list[str]:
        """The caches that a stream uses."""
        kinds = self.learner.sees[stream]
        return [*kinds, *(RESTORED[kind] for kind in kinds if self.restoring is not None)]

    def bound(self, kind: str) -> float:
        """Bytes that one cache may take: its share, so that frames and flow of the same clips are kept."""
        return self.setting.bound * self.kept[kind].channels / sum(kept.channels for kept in self.kept.values())

    def checkpoint(self, stream: str) -> Path:
        """Where the trained weights go."""
        return self.out / f"{self.request.name}-{stream}-{self.setting.label}.safetensors"

    def header(self, lesson: Lesson[AnyRecipe]) -> dict[str, str]:
        """What the file says about itself: for whom it is, the options that its network implies, and what it is."""
        network, data = self.learner.words(lesson)["network"], self.setting.trained_on
        mixed = f" ({self.shown})" if self.restoring else ""
        taught = f", taught by {lesson.teacher.name}" if lesson.teacher else ""
        return header(
            self.request.name,
            options={name: self.options[name] for name in self.recipe.options},
            trained_on=data,
            note=f"{network}, trained on {data}{mixed} by the recipe {self.recipe_name}{taught}",
            stream=lesson.stream,
            **self.learner.depends_on(lesson),
        )

    def beginning(self, lesson: Lesson[AnyRecipe]) -> dict[str, Any]:
        """What is not the usual: a training resumes only with the same."""
        mixed = {"mix": self.shown} if self.restoring else {}
        taught = {"teacher": sha256(lesson.teacher)} if lesson.teacher else {}
        return {**lesson.recipe.computing(), **mixed, **taught, **self.learner.depends_on(lesson)}

    def facts(self, lesson: Lesson[AnyRecipe]) -> dict[str, Any]:
        """What the card says about data and protocol."""
        clips = self.setting.clips
        flow = next(filter(None, (self.kept[kind].flow for kind in lesson.caches)), None)
        stacks = f", stacks of {self.options['stack']}" if "stack" in self.options else ""
        return {
            "command": self._command(),
            "recipe": self.recipe_name,
            "stream": lesson.stream,
            "trained on": f"{self.setting.trained_on}, {self.shown}, {len(clips)} clips",
            "teacher": f"{lesson.teacher.name}, sha256 {sha256(lesson.teacher)}" if lesson.teacher else None,
            "data digest": split_digest(clips),
            "optical flow": flow and f"{flow}{stacks}",
        }

    def _command(self) -> str:
        """What makes these weights again, but for where the data is and on which device."""
        asked = self.request
        given = {
            "recipe": asked.recipe,
            "mix": f"{asked.mix[0]}:{asked.mix[1]}" if asked.mix else None,
            "restore": asked.restore or None,
            "teacher": asked.teacher or None,
            "iters": asked.iters,
        }
        more = [word for name, value in given.items() if value is not None for word in (f"--{name}", str(value))]
        return shlex.join(["harness", "train", asked.name, "--benchmark", self.setting.label, *more])

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
        origins = [Origin(setting.dataset, setting.clips, kept) for kept in self.kept.values()]
        sizes = ", ".join(f"{kind} {kept.in_words()}" for kind, kept in self.kept.items())
        batch = filter(None, (f"{self.recipe.batch} samples", self.recipe.views))
        rows = {
            "recogniser": self.request.name,
            "recipe": self.recipe_name,
            "data": f"{setting.trained_on}, {self.shown}: {len(learned)} clips, {len(measured)} more held out",
            "teacher": self.request.teacher or "none",
            "iterations": ", ".join(f"{s} {n:,} ({self.epochs(s)} epochs)" for s, n in self.iterations.items()),
            "batch": ", ".join(batch),
            "device": str(setting.device),
            "precision": self._computing_in_words(),
            "clip cache": f"{announced(origins, setting.bound)} ({sizes}) under {caches_folder()}, if not there yet",
            "checkpoints": ", ".join(str(self.checkpoint(stream)) for stream in self.streams),
        }
        return aligned(rows)

    def _computing_in_words(self) -> str:
        """Once if all streams compute alike, which is usual."""
        words = {stream: self.recipe.of(stream).in_words() for stream in self.streams}
        alike = len(set(words.values())) == 1
        return words[self.streams[0]] if alike else "; ".join(f"{stream}: {text}" for stream, text in words.items())


def course_of(
    learner: Learner[AnyRecipe], request: TrainingRequest, streams: Sequence[str] | None, recipe: AnyRecipe | None
) -> Course[AnyRecipe]:
    """Read recipe and data. `recipe` replaces the one that the request names. Raises `UsageError`."""
    if request.benchmark is None:
        raise UsageError(f"{request.name} learns from labelled clips: give --benchmark NAME")
    for option in ("scale", "arch", "init"):
        if getattr(request, option) is not None:
            raise UsageError(f"--{option}: {request.name} is a recogniser and learns from HR clips; leave it out")
    if request.restore and not request.mix and learner.shows != BOTH:
        raise UsageError("--restore: it belongs to --mix HR:LR, which says how often restored clips are shown")
    if request.mix and learner.shows == BOTH:
        raise UsageError(f"--mix: {request.name} learns from every clip in HR and in LR; leave it out")
    if request.mix and request.mix[1] and learner.shows == HR:
        raise UsageError(f"--mix: {request.name} learns from HR clips alone; leave it out")
    name = "given by the caller"
    if recipe is None:
        file = find_recipe(request.name, request.benchmark, request.recipe)
        recipe, name = read_recipe(file, learner.recipe), f"{file.parent.name}/{file.name}"
    recipe.require_streams(learner.sees)
    for start in {recipe.of(stream).start for stream in learner.sees} & set(PUBLISHED):
        if start not in learner.starts:
            raise UsageError(
                f"recipe: start: {start}: {request.name} starts from {', '.join(learner.starts)}, or a file"
            )
    course = Course(learner, setting_of(request, RecognizerSpec), recipe, name, streams or tuple(learner.sees))
    _check_teacher(course)
    return course


def _check_teacher(course: Course[AnyRecipe]) -> None:
    """Raise `UsageError` if the recipe and ``--teacher`` do not agree, or its files are missing."""
    name, taught, given = course.request.name, course.recipe.taught, course.request.teacher
    if given and not taught:
        raise UsageError(f"--teacher: {name} learns from labels alone by this recipe; leave it out")
    if taught and not given:
        raise UsageError(
            f"this recipe learns from a teacher: give --teacher FILE, {name} after training on HR clips, with "
            "{stream} in place of the stream"
        )
    for stream in course.streams:
        if (file := course.teacher(stream)) and not file.is_file():
            raise UsageError(f"--teacher {file}: no such file; train {name} on HR clips first, or correct the path")
