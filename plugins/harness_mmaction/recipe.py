"""How a benchmark's TSN is trained: ``benchmarks/training/BENCHMARK/tsn.yaml``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.errors import UsageError
from harness.paths import benchmarks_folder

Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[int, Field(ge=1)]
Rate = Annotated[float, Field(gt=0)]


class Recipe(BaseModel):
    """One recipe; both streams share it but for the number of epochs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int
    segments: Positive
    """Segments a clip in training."""
    crop: Positive
    """Side of the training crops in pixels."""
    colour: Share
    """Strength of the colour jitter (spatial stream)."""
    batch: Positive
    epochs: dict[str, Positive]
    """By stream."""
    learning_rate: Rate
    """Of AdamW, at its highest."""
    weight_decay: Annotated[float, Field(ge=0)]
    warm_up: Share
    """Share of the iterations in which the rate rises; afterwards it falls along a cosine."""
    label_smoothing: Share
    dropout: Share
    held_out: Share
    """Share of the training split's groups that only measure progress."""
    validate_every: Positive
    """Epochs between two measurements."""

    def epochs_for(self, stream: str, clips: int, iters: int | None) -> int:
        """Epochs to train; `iters` iterations, where given, are rounded up to whole epochs."""
        return self.epochs[stream] if iters is None else math.ceil(iters / self.iterations(clips))

    def iterations(self, clips: int) -> int:
        """Iterations an epoch of `clips` clips: whole batches, but at least one."""
        return max(clips // self.batch, 1)


def load_recipe(benchmark: str, name: str) -> Recipe:
    """The recipe that is shipped for a benchmark. Raises `UsageError` naming file and key."""
    path = benchmarks_folder() / "training" / benchmark / f"{name}.yaml"
    if not path.is_file():
        raise UsageError(f"no training recipe for {name} on benchmark {benchmark}; write {path}")
    return read_recipe(path)


def read_recipe(path: Path) -> Recipe:
    """A recipe from a file. Raises `UsageError` naming file and key."""
    try:
        return Recipe.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise UsageError(f"{path}: {error}") from error
