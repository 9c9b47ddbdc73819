"""What a recogniser must provide to be trained; the rest is the same for all (`harness_mmaction.training.learning`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from harness.specs import OptionValue
from harness_mmaction.training.recipe import BaseRecipe

if TYPE_CHECKING:
    from torch import nn

AnyRecipe = TypeVar("AnyRecipe", bound=BaseRecipe)
FRAMES, FLOW = "frames", "flow"
"""The caches that a stream may use."""
RESTORED = {FRAMES: "restored frames", FLOW: "flow of restored frames"}
"""The caches that stand beside them where LR clips are mixed in."""


@dataclass(frozen=True)
class Lesson(Generic[AnyRecipe]):
    """One stream that learns."""

    stream: str
    recipe: AnyRecipe
    """For this stream."""
    options: Mapping[str, OptionValue]
    """All options of the recogniser, with the values in force."""
    classes: Sequence[str]
    caches: Mapping[str, Path]
    """Folders of the caches that the stream uses."""
    mix: tuple[int, int] | None = None
    """How often clips are shown in HR, and how often restored; None for HR alone."""

    def whole(self, option: str) -> int:
        """The value of an option that is a whole number."""
        value = self.options[option]
        assert isinstance(value, int)
        return value

    @property
    def file_to_start_from(self) -> Path | None:
        """Weights of an earlier training."""
        start = self.recipe.start
        return None if start in ("imagenet", "scratch") else Path(start.replace("{stream}", self.stream))


class Learner(Protocol[AnyRecipe]):
    """A recogniser that learns through MMAction2's models and mmengine's Runner."""

    title: str
    """For the data card."""
    recipe: type[AnyRecipe]
    sees: Mapping[str, Sequence[str]]
    """Its streams, and the caches that each uses."""
    mixes: bool
    """Whether its data sets take LR clips beside the HR ones."""

    def model(self, lesson: Lesson[AnyRecipe]) -> dict[str, Any]:
        """The description of the network; all its parts are registered with MMAction2."""
        ...

    def data(self, lesson: Lesson[AnyRecipe], indices: Sequence[int], *, training: bool) -> dict[str, Any]:
        """The description of the data set of the clips with these numbers, augmented in training."""
        ...

    def words(self, lesson: Lesson[AnyRecipe]) -> dict[str, str]:
        """``network`` and ``started from`` for the data card."""
        ...

    def load(self, network: nn.Module, path: Path, num_classes: int) -> None:
        """Load the weights of an earlier training. Raises `WeightsError` if they do not fit."""
        ...
