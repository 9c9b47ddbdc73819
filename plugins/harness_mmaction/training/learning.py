"""Training a recogniser on a benchmark's HR training split, through mmengine's Runner."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, cast

import numpy as np

from harness.choice import Choice, all_options, resolve
from harness.contracts import Clip, Dataset, Progress, TrainingRequest
from harness.datasets.annotated import split_digest
from harness.errors import UsageError
from harness.planning.benchmark import Benchmark, load_benchmark
from harness.planning.resolving import full_text, open_dataset, resolved_flow
from harness.registry import Registry, registry
from harness.running.build import build_flow, pick_device
from harness.specs import OptionValue, RecognizerSpec
from harness_mmaction.training.cache import ClipCache, flow_cache, frame_cache
from harness_mmaction.training.export import Outcome, export
from harness_mmaction.training.recipe import load_recipe, read_recipe
from harness_mmaction.training.trainee import FLOW, FRAMES, AnyRecipe, Lesson, Trainee


@dataclass(frozen=True)
class Setting(Generic[AnyRecipe]):
    """What all streams share. `out` is the folder for caches, checkpoints and results."""

    name: str
    benchmark: Benchmark
    recipe: AnyRecipe
    options: dict[str, OptionValue]
    """The recogniser's options under the benchmark's protocol, among them `flow_bound` and `stack`."""
    dataset: Dataset
    clips: Sequence[Clip]
    out: Path
    device: str
    registry: Registry

    @property
    def trained_on(self) -> str:
        return f"{self.benchmark.dataset}/{self.benchmark.train_split}"

    @cached_property
    def frames(self) -> ClipCache:
        """The decoded clips."""
        return frame_cache(self.out / "cache", self.dataset, self.clips, _progress("decoding"))

    def lesson(self, stream: str, sees: Sequence[str]) -> Lesson[AnyRecipe]:
        """What one stream is trained with; the caches that it looks at are made where they are not there yet."""
        caches = {FRAMES: self.frames.folder} if FRAMES in sees else {}
        if FLOW in sees:
            caches[FLOW] = _flow(self).folder
        return Lesson(stream, self.recipe.of(stream), self.options, self.dataset.classes, caches)


def learn(
    trainee: Trainee[AnyRecipe],
    request: TrainingRequest,
    *,
    streams: Sequence[str] | None = None,
    recipe: AnyRecipe | None = None,
) -> None:
    """Train `streams` (all) one after the other; ``NAME-STREAM-BENCHMARK.safetensors`` and cards lie in the folder.

    ``iters`` shortens or lengthens the recipe, rounded up to whole epochs. ``resume`` goes on from the last checkpoint
    in ``out``. Frames and flow are cached in ``out/cache``. ``data`` is where the benchmark's data set lies, and
    `recipe` stands in for the recipe that the request names. Raises `UsageError` for what a recogniser has no use for.
    """
    _refuse(request)
    name, out = request.name, request.out
    benchmark = load_benchmark(str(request.benchmark))
    chosen = recipe or _recipe(request, benchmark.name, trainee.recipe)
    chosen.require_streams(trainee.sees)
    if request.dry_run:
        print(f"{name} on {benchmark.dataset}/{benchmark.train_split}, epochs {chosen.epochs}, into {out}")
        return
    setting = _setting(name, benchmark, chosen, out, request.device, request.data)
    for stream in trainee.sees if streams is None else streams:
        lesson = setting.lesson(stream, trainee.sees[stream])
        outcome = _train_stream(setting, trainee, lesson, request.iters, request.resume)
        path = setting.out / f"{name}-{stream}-{setting.benchmark.name}.safetensors"
        facts = _facts(setting, lesson)
        title = f"{trainee.title}, {stream} stream"
        export(path, outcome, _header(setting, stream), facts, title=title, notes=setting.recipe.notes)


def _refuse(request: TrainingRequest) -> None:
    if request.benchmark is None:
        raise UsageError(f"{request.name} learns from labelled clips: give --benchmark NAME")
    for option in ("scale", "arch"):
        if getattr(request, option) is not None:
            raise UsageError(f"--{option}: {request.name} is a recogniser and learns from HR clips; leave it out")


def _recipe(request: TrainingRequest, benchmark: str, kind: type[AnyRecipe]) -> AnyRecipe:
    if request.recipe is None:
        return load_recipe(benchmark, request.name, kind)
    path = Path(request.recipe)
    if not path.is_file():
        raise UsageError(f"--recipe {request.recipe}: no such file; for a recogniser it is a path to a .yaml file")
    return read_recipe(path, kind)


def _setting(
    name: str, benchmark: Benchmark, recipe: AnyRecipe, out: Path, device: str, data: Path | None
) -> Setting[AnyRecipe]:
    known = registry()
    spec = known.get(RecognizerSpec, name)
    given = {**recipe.options, **benchmark.recognizers.get(name, {})}
    choice = resolve(Choice(name, tuple(given.items())), spec)
    dataset = open_dataset(benchmark, known, data)
    clips = dataset.clips(benchmark.train_split)
    out.mkdir(parents=True, exist_ok=True)
    return Setting(
        name,
        benchmark,
        recipe,
        all_options(choice, spec),
        dataset,
        clips,
        out.resolve(),
        str(pick_device(device)),
        known,
    )


def _flow(setting: Setting[AnyRecipe]) -> ClipCache:
    import torch

    estimator = build_flow(setting.benchmark, setting.registry, torch.device(setting.device))
    spec, options = resolved_flow(setting.benchmark, setting.registry)
    bound = float(cast(float, setting.options["flow_bound"]))
    return flow_cache(
        setting.out / "cache",
        setting.frames,
        setting.clips,
        estimator,
        full_text(spec.name, options),
        bound,
        _progress("optical flow"),
    )


def _train_stream(
    setting: Setting[AnyRecipe],
    trainee: Trainee[AnyRecipe],
    lesson: Lesson[AnyRecipe],
    iters: int | None,
    resume: bool,
) -> Outcome:
    from harness_mmaction.compat import runner_device
    from harness_mmaction.training.hooks import StartFrom
    from harness_mmaction.training.runner import build_runner

    stream, recipe = lesson.stream, lesson.recipe
    learned, measured = hold_out(setting.frames, recipe.held_out, recipe.seed)
    epochs = recipe.epochs_for(stream, len(learned), iters)
    with runner_device(setting.device.partition(":")[0]):
        runner = build_runner(
            recipe,
            stream,
            model=trainee.model(lesson),
            learn=trainee.data(lesson, learned, training=True),
            measure=trainee.data(lesson, measured, training=False) if measured else None,
            work=setting.out / stream,
            epochs=epochs,
            resume=resume,
        )
        if file := lesson.file_to_start_from:
            runner.register_hook(StartFrom(file, trainee.load, len(lesson.classes)))
        runner.train()
    return Outcome.of(runner, recipe, trainee.words(lesson), epochs, len(learned), len(measured))


def hold_out(cache: ClipCache, share: float, seed: int) -> tuple[list[int], list[int]]:
    """Clips to learn from and clips that only measure progress: whole groups, `share` of them, at random."""
    groups = sorted({entry.group for entry in cache.entries})
    count = round(share * len(groups))
    held = set(np.random.default_rng(seed).permutation(groups)[:count].tolist())
    learn = [i for i, entry in enumerate(cache.entries) if entry.group not in held]
    measure = [i for i, entry in enumerate(cache.entries) if entry.group in held]
    return learn, measure


def _header(setting: Setting[AnyRecipe], stream: str) -> dict[str, str]:
    """What the file says of itself: for whom it is, and the options that its network implies."""
    options = json.dumps({name: setting.options[name] for name in setting.recipe.options})
    return {"method": setting.name, "stream": stream, "trained_on": setting.trained_on, "options": options}


def _facts(setting: Setting[AnyRecipe], lesson: Lesson[AnyRecipe]) -> dict[str, Any]:
    """What the card says of data and protocol."""
    flow = None
    if FLOW in lesson.caches:
        spec, options = resolved_flow(setting.benchmark, setting.registry)
        bound, stack = setting.options["flow_bound"], setting.options["stack"]
        flow = f"{full_text(spec.name, options)}, HR frames, clipped at +-{bound} px, 8 bits, stacks of {stack}"
    return {
        "command": f"harness train {setting.name} --benchmark {setting.benchmark.name}",
        "stream": lesson.stream,
        "trained on": f"{setting.trained_on}, HR, {len(setting.clips)} clips",
        "data digest": split_digest(setting.clips),
        "optical flow": flow,
    }


def _progress(what: str) -> Progress:
    """Prints how far a preparation is, at most every five seconds."""
    last = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal last
        if done == total or time.monotonic() - last > 5:
            last = time.monotonic()
            print(f"{what}: {done} of {total} clips", flush=True)

    return show
