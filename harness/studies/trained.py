"""Trainings of a study: done once, resumed where they stopped, and named on the command line of a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from harness.choice import Choice
from harness.contracts import Trainer, TrainingRequest
from harness.errors import HarnessError, UsageError
from harness.imports import resolve_import
from harness.planning.benchmark import Benchmark
from harness.registry import Registry
from harness.specs import OptionValue, RecognizerSpec, SRMethodSpec
from harness.weights.header import described

S = TypeVar("S", SRMethodSpec, RecognizerSpec)


def trainable(kind: type[S], name: str, registry: Registry) -> S:
    """A declaration with a trainer. Raises `UnknownNameError`, and `UsageError` for one that is not trained."""
    spec = registry.get(kind, name)
    if not spec.trainer:
        raise UsageError(f"{name} has no trainer, and a study trains it; name another one")
    return spec


def files_of(spec: SRMethodSpec | RecognizerSpec, folder: Path) -> dict[str, Path]:
    """The weights that a training left, by stream (empty for an SR method); those that are missing are left out."""
    streams = spec.streams if isinstance(spec, RecognizerSpec) else ("",)
    patterns = {stream: f"*-{stream}-*.safetensors" if stream else "*.safetensors" for stream in streams}
    found = {stream: sorted(folder.glob(pattern)) for stream, pattern in patterns.items()}
    return {stream: files[0] for stream, files in found.items() if files}


def is_trained(spec: SRMethodSpec | RecognizerSpec, folder: Path) -> bool:
    """Whether all weights of a training are there."""
    wanted = len(spec.streams) if isinstance(spec, RecognizerSpec) else 1
    return len(files_of(spec, folder)) == wanted


def train_once(spec: SRMethodSpec | RecognizerSpec, request: TrainingRequest) -> None:
    """Train into the request's folder, unless that is done; what was begun is resumed."""
    if is_trained(spec, request.out):
        return
    request.out.mkdir(parents=True, exist_ok=True)
    trainer: Trainer = resolve_import(spec.trainer or "")
    trainer(request)
    if not is_trained(spec, request.out):
        raise HarnessError(f"the training in {request.out} ended without weights")


def choice_of(label: str, spec: SRMethodSpec | RecognizerSpec, folder: Path, benchmark: Benchmark) -> str:
    """The trained network as a row called `label`, with the options that its weights are for."""
    files = files_of(spec, folder)
    stream, file = next(iter(files.items()))
    text = str(file)
    if len(files) > 1:
        place = file.name.index(stream)
        text = str(file.with_name(f"{file.name[:place]}{{stream}}{file.name[place + len(stream) :]}"))
    fixed: Mapping[str, OptionValue] = benchmark.recognizers.get(spec.name, {})
    own = {key: value for key, value in described(file).get("options", {}).items() if key not in fixed}
    return f"{label}={Choice(spec.name, tuple({**own, 'checkpoint': text}.items()))}"
