"""What a training is about, resolved once for any trainer: what is trained, on which clips, and where it runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch

from harness.choice import parse_choice
from harness.contracts import WHOLE_CLIPS, Clip, Dataset, Degradation, FlowEstimator, TrainingRequest
from harness.datasets.video_folder import SPLIT, VideoFolder
from harness.errors import UsageError, WeightsMissingError
from harness.planning.benchmark import Benchmark, load_benchmark
from harness.planning.building import Given, build
from harness.planning.cells import Part
from harness.planning.resolving import dataset_part, degradation_part, flow_part, open_dataset, resolve_part
from harness.registry import Registry, registry
from harness.running.build import pick_device
from harness.specs import DEFAULT_DEGRADATION, OFFICIAL, DegradationSpec, NetworkSpec, OptionValue
from harness.training.cache import GIGABYTE

if TYPE_CHECKING:
    from harness.training.restored import Restoring

SCALE = 4
"""Default scale factor for the user's own videos: the papers'."""


@dataclass(frozen=True)
class Setting:
    """One training. Made by `setting_of`."""

    request: TrainingRequest
    spec: NetworkSpec
    """What is trained."""
    benchmark: Benchmark | None
    """None for a folder of videos."""
    dataset: Dataset
    split: str
    label: str
    """For file names: the benchmark or the folder."""
    trained_on: str
    """For the checkpoint: ``DATASET/SPLIT``, or ``videos/FOLDER``."""
    scale: int
    device: torch.device
    registry: Registry

    @property
    def clips(self) -> Sequence[Clip]:
        """The clips of the training split, HR."""
        return self.dataset.clips(self.split)

    @property
    def source(self) -> str:
        """The data set with all its options, which say how the files of its clips are read."""
        return dataset_part(self.benchmark.dataset, self.registry).text() if self.benchmark else ""

    @property
    def bound(self) -> float:
        """Bytes that the cached clips of this training may take."""
        return self.request.cache_size * GIGABYTE

    @cached_property
    def _degradation(self) -> Part[DegradationSpec]:
        if self.benchmark is not None:
            return degradation_part(self.benchmark, self.registry)
        return resolve_part(DegradationSpec, f"{DEFAULT_DEGRADATION}:scale={self.scale}", self.registry)

    @property
    def degradation(self) -> str:
        """The degradation as the benchmark names it."""
        return self.benchmark.degradation if self.benchmark else self._degradation.text()

    def degrade(self) -> tuple[Degradation, str]:
        """The degradation, and its name with all options.

        Raises `UsageError` for clips that are LR by nature, and for a degradation that needs whole clips, of which
        training sees single frames.
        """
        part = self._degradation
        degradation: Degradation = build(part, Given())
        if isinstance(degradation, WHOLE_CLIPS):
            raise UsageError(
                f"{part.spec.name} degrades whole clips, and training sees single frames of them; train on a benchmark "
                f"with another degradation, such as {DEFAULT_DEGRADATION}:scale={self.scale}"
            )
        return degradation, part.text()

    def flow(self, text: str, device: torch.device) -> tuple[FlowEstimator, str]:
        """The flow estimator ``NAME:option=value``, and its name with all options."""
        part = flow_part(text, self.registry, self.benchmark.tags if self.benchmark else OFFICIAL)
        if part.missing:
            raise WeightsMissingError(part.missing)
        return build(part, Given(device=device)), part.text()

    def restoring(self, method: str) -> Restoring:
        """What restores the LR frames of this training's clips. Raises `UsageError` without a benchmark."""
        from harness.training.restored import restoring

        if self.benchmark is None:
            raise UsageError("--mix: what LR clips are is said by a benchmark; give --benchmark NAME")
        return restoring(method or self.benchmark.floor, self.benchmark, self.registry, self.device)

    def options(self, given: Mapping[str, OptionValue]) -> dict[str, OptionValue]:
        """All options of a recogniser in force: those that the benchmark fixes override the `given` ones."""
        protocol = self.benchmark.recognizers.get(self.spec.name, {}) if self.benchmark else {}
        part = resolve_part(type(self.spec), self.spec.name, self.registry, protocol={**given, **protocol})
        return dict(part.options)

    def built(self, options: Mapping[str, OptionValue]) -> Any:
        """The trained SR method, with these options."""
        part = resolve_part(type(self.spec), self.spec.name, self.registry, protocol=options)
        return build(part, Given(scale=self.scale, device=self.device))

    def takers_of(self, option: str) -> list[str]:
        """Names of all trainable declarations of this kind that have an option."""
        specs = self.registry.all(type(self.spec))
        return sorted(name for name, spec in specs.items() if spec.trainer and option in spec.options)


def setting_of(request: TrainingRequest, kind: type[NetworkSpec]) -> Setting:
    """What a training of this kind of declaration learns from: a benchmark's training split, with its data set in
    `request.data`, or, without a benchmark, every video in that folder.

    Raises `UsageError` if neither is given, the scale factor is not the benchmark's, or the folder has too few
    videos.
    """
    known = registry()
    spec, device = known.get(kind, request.name), pick_device(request.device)
    if request.benchmark is None:
        return _videos(request, spec, device, known)
    benchmark = load_benchmark(request.benchmark)
    if request.scale not in (None, benchmark.scale):
        raise UsageError(
            f"--scale {request.scale}: benchmark {benchmark.name} has scale {benchmark.scale}; "
            "leave --scale out, or give --data without --benchmark"
        )
    dataset = open_dataset(benchmark.dataset, known, request.data)
    trained_on = f"{parse_choice(benchmark.dataset).name}/{benchmark.train_split}"
    where = (dataset, benchmark.train_split, benchmark.name, trained_on, benchmark.scale)
    return Setting(request, spec, benchmark, *where, device, known)


def _videos(request: TrainingRequest, spec: NetworkSpec, device: torch.device, known: Registry) -> Setting:
    if request.data is None:
        raise UsageError("nothing to train on: give --benchmark NAME or --data FOLDER_OF_VIDEOS")
    name = request.data.resolve().name
    dataset = VideoFolder(request.data)
    if len(dataset.clips(SPLIT)) < 2:
        raise UsageError(f"--data {request.data}: only one video; at least two are needed because one is held out")
    label = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "videos"
    where = (dataset, SPLIT, label, f"videos/{name}", request.scale or SCALE)
    return Setting(request, spec, None, *where, device, known)
