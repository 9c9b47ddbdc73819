"""Where a training's frames come from: a benchmark's training split, or a folder of videos."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.choice import all_options, parse_choice, resolve
from harness.contracts import Clip, Dataset, Degradation, TrainingRequest
from harness.datasets.video_folder import SPLIT, VideoFolder
from harness.errors import UsageError
from harness.imports import resolve_import
from harness.planning.benchmark import load_benchmark
from harness.planning.resolving import full_text, open_dataset, resolved_degradation
from harness.registry import Registry
from harness.specs import DegradationSpec

SCALE = 4
"""Scale factor for videos of the user's own, where nothing says otherwise: the papers'."""


@dataclass(frozen=True)
class Source:
    """HR clips and how they become LR clips."""

    label: str
    """For file names: the benchmark or the folder."""
    trained_on: str
    """For the checkpoint: ``DATASET/SPLIT``, or ``videos/FOLDER``."""
    scale: int
    degradation: str
    """NAME:option=value"""
    dataset: Dataset
    split: str
    own_videos: bool

    @property
    def clips(self) -> Sequence[Clip]:
        return self.dataset.clips(self.split)

    def degrade(self, known: Registry) -> tuple[Degradation, str]:
        """The degradation, and its name with all options."""
        choice = parse_choice(self.degradation)
        spec = known.get(DegradationSpec, choice.name)
        options = all_options(resolve(choice, spec), spec)
        degradation: Degradation = resolve_import(spec.factory)(**options)
        return degradation, full_text(spec.name, options)


def source_of(request: TrainingRequest, known: Registry) -> Source:
    """What a training is asked to learn from: a benchmark's training split, whose data set lies in `request.data`, or,
    without a benchmark, every video of that folder.

    Raises `UsageError` where neither is given, the scale factor is not the benchmark's, or the folder has no video to
    train on.
    """
    if request.benchmark is None:
        return _videos(request)
    benchmark = load_benchmark(request.benchmark)
    resolved_degradation(benchmark, known)
    if request.scale not in (None, benchmark.scale):
        raise UsageError(
            f"--scale {request.scale}: benchmark {benchmark.name} has scale {benchmark.scale}; "
            "leave --scale out, or give --data without --benchmark"
        )
    trained_on = f"{parse_choice(benchmark.dataset).name}/{benchmark.train_split}"
    dataset = open_dataset(benchmark, known, request.data)
    return Source(
        benchmark.name, trained_on, benchmark.scale, benchmark.degradation, dataset, benchmark.train_split, False
    )


def _videos(request: TrainingRequest) -> Source:
    if request.data is None:
        raise UsageError("what shall it be trained on? give --benchmark NAME or --data FOLDER_OF_VIDEOS")
    name = request.data.resolve().name
    dataset = VideoFolder(request.data)
    if len(dataset.clips(SPLIT)) < 2:
        raise UsageError(f"--data {request.data}: one video only; at least two are needed, for one is held out")
    label = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "videos"
    scale = request.scale or SCALE
    return Source(label, f"videos/{name}", scale, f"bicubic:scale={scale}", dataset, SPLIT, True)
