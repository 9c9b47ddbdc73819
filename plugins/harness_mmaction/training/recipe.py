"""How a benchmark's recogniser is trained: ``benchmarks/training/BENCHMARK/NAME.yaml``."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from harness.errors import UsageError
from harness.paths import benchmarks_folder
from harness.specs import OptionValue

Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[int, Field(ge=1)]
Rate = Annotated[float, Field(gt=0)]
AnyRecipe = TypeVar("AnyRecipe", bound="BaseRecipe")


class BaseRecipe(BaseModel):
    """What the recipes of all recognisers say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int
    start: str = "imagenet"
    """``imagenet``, ``scratch``, or a file of weights that an earlier training left (``{stream}`` is the stream)."""
    options: dict[str, OptionValue] = {}
    """Options of the recogniser that it is trained with; those that the benchmark fixes go before."""
    segments: Positive
    """Segments a clip in training."""
    crop: Positive
    """Side of the training crops in pixels."""
    jitter: Share = 0.0
    """Crops are larger or smaller by up to this share, in height and width apart, and resized; 0 cuts out as it is."""
    colour: Share
    """Strength of the colour jitter of frames."""
    batch: Positive
    accumulate: Positive = 1
    """Batches whose mean gradient is one step."""
    epochs: dict[str, Positive]
    """By stream."""
    optimizer: Literal["adamw", "sgd"] = "adamw"
    momentum: Share | None = None
    """Of SGD."""
    learning_rate: Rate
    """At its highest."""
    weight_decay: Annotated[float, Field(ge=0)]
    warm_up: Share
    """Share of the iterations in which the rate rises."""
    steps: tuple[Positive, ...] = ()
    """Epochs after which the rate becomes a tenth; without any it falls along a cosine. Shortened with the epochs."""
    label_smoothing: Share
    held_out: Share
    """Share of the training split's groups that only measure progress."""
    validate_every: Positive
    """Epochs between two measurements."""
    streams: dict[str, dict[str, Any]] = {}
    """What is otherwise for one stream."""
    notes: str = ""
    """For the data card."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.optimizer == "sgd") != (self.momentum is not None):
            raise ValueError("momentum belongs to optimizer: sgd, and only to it")
        for stream in self.streams:
            self.of(stream)
        return self

    def of(self, stream: str) -> Self:
        """The recipe for one stream."""
        common = self.model_dump(exclude={"streams"})
        return self.model_validate({**common, **self.streams.get(stream, {})})

    def require_streams(self, streams: Iterable[str]) -> None:
        """Raises `UsageError` where the recipe lacks the epochs of a stream or names one that there is not."""
        named, known = {*self.epochs, *self.streams}, set(streams)
        if strange := sorted(named - known):
            raise UsageError(f"recipe: no stream {strange[0]!r}; there are {', '.join(sorted(known))}")
        if missing := sorted(known - self.epochs.keys()):
            raise UsageError(f"recipe: epochs are missing for the stream {missing[0]!r}")

    def epochs_for(self, stream: str, clips: int, iters: int | None) -> int:
        """Epochs to train; `iters` iterations, where given, are rounded up to whole epochs."""
        return self.epochs[stream] if iters is None else math.ceil(iters / self.iterations(clips))

    def iterations(self, clips: int) -> int:
        """Iterations an epoch of `clips` clips: whole batches, but at least one."""
        return max(clips // self.batch, 1)


class Recipe(BaseRecipe):
    """A recipe of TSN; both streams share it but for the number of epochs and what `streams` says."""

    dropout: Share


def load_recipe(benchmark: str, name: str, kind: type[AnyRecipe] = Recipe) -> AnyRecipe:  # type: ignore[assignment]
    """The recipe that is shipped for a benchmark. Raises `UsageError` naming file and key."""
    path = benchmarks_folder() / "training" / benchmark / f"{name}.yaml"
    if not path.is_file():
        raise UsageError(f"no training recipe for {name} on benchmark {benchmark}; write {path}")
    return read_recipe(path, kind)


def read_recipe(path: Path, kind: type[AnyRecipe] = Recipe) -> AnyRecipe:  # type: ignore[assignment]
    """A recipe from a file. Raises `UsageError` naming file and key."""
    try:
        return kind.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise UsageError(f"{path}: {error}") from error
