"""What a recogniser must provide to be trained; the rest is the same for all (`harness_mmaction.training.learning`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, Protocol, TypeVar

from harness.specs import OptionValue
from harness_mmaction.training.recipe import BaseRecipe

if TYPE_CHECKING:
    from torch import nn

    from harness.training.restored import Restoring
    from harness_mmaction.training.cache import Kept
    from harness_mmaction.training.course import Course

AnyRecipe = TypeVar("AnyRecipe", bound=BaseRecipe)
FRAMES, FLOW, FEATURES = "frames", "flow", "features"
"""The caches that a stream may use."""
RESTORED = {FRAMES: "restored frames", FLOW: "flow of restored frames", FEATURES: "features of restored frames"}
"""The caches that stand beside them where LR clips are shown as well."""
HR: Final = "hr"
MIXED: Final = "mixed"
BOTH: Final = "both"
Shows = Literal["hr", "mixed", "both"]
"""What a recogniser learns from: HR clips alone, HR and LR ones as ``--mix`` says, or every clip in HR and in LR."""
PUBLISHED = ("imagenet", "kinetics", "scratch")
"""What a recipe may start from besides a file; each recogniser knows some of them."""


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
    teacher: Path | None = None
    """Weights of the same recogniser that the stream learns from."""

    def whole(self, option: str) -> int:
        """The value of an option that is a whole number."""
        value = self.options[option]
        assert isinstance(value, int)
        return value

    @property
    def file_to_start_from(self) -> Path | None:
        """Weights of an earlier training."""
        start = self.recipe.start
        return None if start in PUBLISHED else Path(start.replace("{stream}", self.stream))


class Learner(Protocol[AnyRecipe]):
    """A recogniser that learns through MMAction2's models and mmengine's Runner."""

    title: str
    """For the data card."""
    recipe: type[AnyRecipe]
    sees: Mapping[str, Sequence[str]]
    """Its streams, and the caches that each uses."""
    starts: Sequence[str]
    """Those of `PUBLISHED` that it knows."""
    shows: Shows

    def kept(self, course: Course[AnyRecipe], kind: str, restoring: Restoring | None) -> Kept:
        """What a cache of this kind keeps of each clip, or with `restoring` of each restored one."""
        return course.look(kind, restoring)

    def depends_on(self, lesson: Lesson[AnyRecipe]) -> Mapping[str, str]:
        """What the weights are of no use without, by its checksum: written into their file, and a training resumes
        only with the same."""
        return {}

    def model(self, lesson: Lesson[AnyRecipe]) -> dict[str, Any]:
        """The description of the network; all its parts are registered with MMAction2."""
        ...

    def data(self, lesson: Lesson[AnyRecipe], indices: Sequence[int], *, training: bool) -> dict[str, Any]:
        """The description of the data set of the samples with these numbers, augmented in training.

        They are numbers of clips; of a recogniser that `shows` both, those of restored clips follow those of HR clips.
        """
        ...

    def words(self, lesson: Lesson[AnyRecipe]) -> dict[str, str]:
        """``network``, ``started from`` and whatever else there is to say of them, for the data card."""
        ...

    def load(self, network: nn.Module, path: Path, num_classes: int) -> None:
        """Load the weights of an earlier training. Raises `WeightsError` if they do not fit."""
        ...
