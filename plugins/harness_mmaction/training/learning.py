"""Training a recogniser on a benchmark's HR training split, through mmengine's Runner."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from harness.bars import counting_bar
from harness.contracts import TrainingRequest
from harness.terminal import tell
from harness.training.cache import shortage
from harness.training.curves import write_curves
from harness.training.display import LineDisplay, display_for
from harness.training.quality import Curve
from harness_mmaction.training.cache import clip_cache
from harness_mmaction.training.course import Course, course_of
from harness_mmaction.training.export import Outcome, export
from harness_mmaction.training.lesson import FLOW, FRAMES, AnyRecipe, Learner, Lesson

DOING = {FRAMES: "decoding", FLOW: "optical flow"}
"""How the progress of a cache is called, if not by its kind."""


def learn(
    learner: Learner[AnyRecipe],
    request: TrainingRequest,
    *,
    streams: Sequence[str] | None = None,
    recipe: AnyRecipe | None = None,
) -> None:
    """Train `streams` (all) one after the other.

    The folder gets ``NAME-STREAM-BENCHMARK.safetensors`` with cards, ``losses.csv`` and ``losses.png``. ``iters``
    shortens or lengthens the recipe, rounded up to whole epochs. ``resume`` resumes from the last checkpoint in
    ``out``. What is kept of clips is cached in ``out/cache``. ``data`` is where the benchmark's data set is, and
    `recipe` replaces the recipe that the request names. Raises `UsageError` for options that a recogniser does not use.
    """
    course = course_of(learner, request, streams, recipe)
    if request.dry_run:
        tell(course.describe())
        return
    course.out.mkdir(parents=True, exist_ok=True)
    caches = {kind: _prepared(course, kind) for kind in course.kept}
    curves: dict[str, Curve] = {}
    from harness_mmaction.training.hooks import TOP1

    with display_for(course.iterations, TOP1) as display:
        for stream in course.streams:
            seen = {kind: caches[kind] for kind in course.seen_by(stream)}
            classes = course.setting.dataset.classes
            recipe_of, teacher = course.recipe.of(stream), course.teacher(stream)
            lesson = Lesson(stream, recipe_of, course.options, classes, seen, course.mix, teacher)
            outcome, curves[stream] = _train_stream(course, lesson, display)
            _export(course, lesson, outcome)
    write_curves(course.out, curves, TOP1)
    for stream in course.streams:
        tell(f"wrote {course.checkpoint(stream)}")
    tell(f"use it: harness run --benchmark {request.benchmark} --recognizer {shlex.quote(course.choice())}")


def _prepared(course: Course[AnyRecipe], kind: str) -> Path:
    """The folder of a cache of all clips; made if it does not exist yet."""
    setting, kept, bound = course.setting, course.kept[kind], course.bound(kind)
    with counting_bar(DOING.get(kind, kind), "clips") as progress:
        folder = clip_cache(setting, kept, bound, progress)
    if told := shortage(kept.store(folder)):
        tell(told, err=True)
    return folder


def _train_stream(course: Course[AnyRecipe], lesson: Lesson[AnyRecipe], display: LineDisplay) -> tuple[Outcome, Curve]:
    from harness_mmaction.compat import runner_device
    from harness_mmaction.training.hooks import StartFrom, Watch
    from harness_mmaction.training.runner import build_runner

    stream, recipe, learner = lesson.stream, lesson.recipe, course.learner
    learned, measured = course.samples
    epochs = course.epochs(stream)
    with runner_device(course.setting.device.type):
        runner = build_runner(
            recipe,
            stream,
            model=learner.model(lesson),
            learn=learner.data(lesson, learned, training=True),
            measure=learner.data(lesson, measured, training=False) if measured else None,
            work=course.out / stream,
            epochs=epochs,
            beginning=course.beginning(lesson),
            resume=course.request.resume,
        )
        if file := lesson.file_to_start_from:
            runner.register_hook(StartFrom(file, learner.load, len(lesson.classes)))
        watch = Watch(display, stream, course.iterations[stream])
        runner.register_hook(watch)
        runner.train()
        outcome = Outcome.of(runner, recipe, learner.words(lesson), epochs, len(learned), len(course.clips[1]))
    return outcome, dict(sorted(watch.curve.items()))


def _export(course: Course[AnyRecipe], lesson: Lesson[AnyRecipe], outcome: Outcome) -> None:
    export(
        course.checkpoint(lesson.stream),
        outcome,
        course.header(lesson),
        course.facts(lesson),
        title=f"{course.learner.title}, {lesson.stream} stream",
        notes=course.recipe.notes,
    )
