"""What the recipe of a recogniser says; where recipes are is said in `harness.training.recipes`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from harness.documents import mistakes
from harness.errors import UsageError
from harness.specs import OptionValue
from harness.training.computing import ComputingRecipe

Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[int, Field(ge=1)]
Rate = Annotated[float, Field(gt=0)]


class BaseRecipe(ComputingRecipe, BaseModel):
    """What the recipes of all recognisers say."""

    seed: int
    start: str = "imagenet"
    """``imagenet``, ``kinetics``, ``scratch``, or a file of weights that an earlier training left (``{stream}`` is the
    stream)."""
    options: dict[str, OptionValue] = {}
    """Options of the recogniser that it is trained with; those that the benchmark fixes override them."""
    batch: Positive
    accumulate: Positive = 1
    """Batches whose mean gradient is one step."""
    epochs: dict[str, Positive]
    """By stream."""
    optimizer: Literal["adamw", "sgd", "rmsprop"] = "adamw"
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
    """What differs for one stream."""
    notes: str = ""
    """For the data card."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.optimizer == "sgd") != (self.momentum is not None):
            raise ValueError("momentum belongs to optimizer: sgd, and only to it")
        try:
            for stream in self.streams:
                self.of(stream)
        except ValidationError as error:
            raise ValueError("; ".join(mistakes(error, f"streams.{stream}"))) from error
        return self

    @property
    def taught(self) -> bool:
        """Whether it learns from a teacher as well."""
        return False

    @property
    def views(self) -> str:
        """What is shown of a clip, in words; empty where that is always the same."""
        return ""

    def of(self, stream: str) -> Self:
        """The recipe for one stream."""
        common = self.model_dump(exclude={"streams"})
        return self.model_validate({**common, **self.streams.get(stream, {})})

    def require_streams(self, streams: Iterable[str]) -> None:
        """Raises `UsageError` if the recipe lacks the epochs of a stream or names one that does not exist."""
        named, known = {*self.epochs, *self.streams}, set(streams)
        if strange := sorted(named - known):
            raise UsageError(f"recipe: no stream {strange[0]!r}; there are {', '.join(sorted(known))}")
        if missing := sorted(known - self.epochs.keys()):
            raise UsageError(f"recipe: epochs are missing for the stream {missing[0]!r}")

    def side(self) -> int:
        """Short side in pixels of the images that the largest training crop fits in; 0 where nothing is cut out."""
        return 0

    def epochs_for(self, stream: str, clips: int, iters: int | None) -> int:
        """Epochs to train; `iters` iterations, where given, are rounded up to whole epochs."""
        return self.epochs[stream] if iters is None else math.ceil(iters / self.iterations(clips))

    def iterations(self, clips: int) -> int:
        """Iterations an epoch of `clips` clips: whole batches, but at least one."""
        return max(clips // self.batch, 1)


class ViewRecipe(BaseRecipe):
    """What the recipes of recognisers say that see another view of a clip each time."""

    segments: Positive
    """Segments a clip in training."""
    crop: Positive
    """Side of the training crops in pixels."""
    jitter: Share = 0.0
    """Crops are larger or smaller by up to this share, separately in height and width, and resized; 0: unchanged."""
    colour: Share
    """Strength of the colour jitter of frames."""

    @property
    def views(self) -> str:
        return f"{self.segments} segments a clip, crops of {self.crop} px"

    def side(self) -> int:
        recipes = [self, *(self.of(stream) for stream in self.streams)]
        return max(math.ceil(recipe.crop * (1 + recipe.jitter)) for recipe in recipes)


class Recipe(ViewRecipe):
    """A recipe of TSN; both streams share it except for the number of epochs and what `streams` says."""

    dropout: Share
