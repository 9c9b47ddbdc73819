"""What the recipe of an SR method says; where recipes are is said in `harness.training.recipes`."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from harness.training.computing import ComputingRecipe

Count = Annotated[int, Field(ge=1)]


class Distillation(BaseModel):
    """What a network learns from a teacher, see `harness_basicsr.training.losses.distillation.SpaceTimeLoss`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    space: Annotated[float, Field(ge=0)] = 1.0
    """Weight of the maps in space."""
    time: Annotated[float, Field(ge=0)] = 1.0
    """Weight of the memory of a frame's neighbourhood."""
    radius: Count = 1
    """Neighbours on each side of a frame that the memory covers."""
    normalise: bool | None = None
    """Whether maps are divided by their root mean square; None: if the networks differ in width."""

    @property
    def taught(self) -> bool:
        """Whether it needs a teacher."""
        return bool(self.space or self.time)

    def in_words(self) -> str:
        """For the data card."""
        maps = {None: "if widths differ", True: "always", False: "never"}[self.normalise]
        return f"space {self.space}, time {self.time}, {self.radius} neighbour(s) a side, maps normalised {maps}"


class Stage(BaseModel):
    """One call of BasicSR's pipeline. A stage starts from the network of the one before it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    iterations: Count
    model: str = "SRModel"
    """BasicSR's ``model_type``."""
    train: dict[str, Any]
    """BasicSR's section ``train``: losses, optimisers, scheduler. The periods of a cosine scheduler and the number of
    iterations are filled in."""
    network_d: dict[str, Any] | None = None
    """BasicSR's section ``network_d``, for a model with a discriminator."""
    batch: Count | None = None
    """Patches per batch, if not the recipe's; a pair counts as one."""
    pairs: bool = False
    """Whether the model sees pairs of consecutive frames and the flow between them."""
    motion_weight: bool = False
    """Whether the model sees the length of the flow vectors, to weigh its loss with."""
    distil: Distillation | None = None
    """For ``STDModel``: its losses. It sees clips of `Recipe.sequence` frames, whatever the network takes."""


class Crops(BaseModel):
    """Which crops to train on, see `harness.training.crops.Selection`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stride: Count
    keep: Count
    warp_filter: bool = False


class Recipe(ComputingRecipe, BaseModel):
    """How one method is trained for one benchmark."""

    arch: str | None = None
    """Name of the network, see `harness_basicsr.declared.architectures`; the method's own if it is not given."""
    network: dict[str, str | int | float | bool] = {}
    """Options of the method that differ from the published ones."""
    seed: int = 0
    frames_per_clip: Count
    """Frames kept of each training clip, spread over its length."""
    validation_clips: Count
    """Training clips held out, with their groups, to validate on: the middle frame of each."""
    patch: Count
    """Side of a patch in LR pixels."""
    batch: Count
    validate_every: Count
    """Iterations between two validations, which are also the points from which a training resumes."""
    flow: str | None = None
    """Flow estimator with options for crops, pairs and motion weights; it sees HR frames."""
    crops: Crops | None = None
    """Crops to draw patches from; None draws from everywhere."""
    sequence: Count = 7
    """Consecutive frames of an example, for networks that take whole clips and for distillation."""
    judge: str | None = None
    """Recogniser with options, whose spatial stream losses look through; it is part of what a stage resumes with."""
    stages: Annotated[list[Stage], Field(min_length=1)]
    notes: str = ""
    """For the data card."""

    @field_validator("stages")
    @classmethod
    def _names_differ(cls, stages: list[Stage]) -> list[Stage]:
        """Each stage has a folder of its name."""
        names = [stage.name for stage in stages]
        if len(set(names)) < len(names):
            raise ValueError(f"two stages of one name among {', '.join(names)}")
        return stages

    @field_validator("stages")
    @classmethod
    def _distils(cls, stages: list[Stage]) -> list[Stage]:
        for stage in stages:
            if (stage.distil is None) == (stage.model == "STDModel"):
                raise ValueError(f"stage {stage.name}: distil belongs to model: STDModel, and only to it")
        return stages

    @property
    def distils(self) -> bool:
        """Whether a stage sees clips as distillation does."""
        return any(stage.distil for stage in self.stages)

    @property
    def taught(self) -> bool:
        """Whether a stage needs a teacher."""
        return any(stage.distil.taught for stage in self.stages if stage.distil)

    def scaled_to(self, iterations: int | None) -> Recipe:
        """The recipe with this many iterations in all, split over the stages in proportion; None changes nothing."""
        if iterations is None:
            return self
        total = sum(stage.iterations for stage in self.stages)
        return self.model_copy(update={"stages": [_resized(s, iterations / total) for s in self.stages]})

    def for_architecture(self, arch: str, network: Mapping[str, Any]) -> Recipe:
        """The recipe with another network."""
        return self.model_copy(update={"arch": arch, "network": dict(network)})

    def tuned_to(self, judge: str | None) -> Recipe:
        """The recipe with its recogniser as it was found, weights included; None changes nothing."""
        return self if judge is None else self.model_copy(update={"judge": judge})

    def starting_from(self, options: Mapping[str, Any] | None) -> Recipe:
        """The recipe with the network that weights to start from are for; None changes nothing."""
        return self if options is None else self.model_copy(update={"network": dict(options)})


def _resized(stage: Stage, factor: float) -> Stage:
    """A stage with `factor` times the iterations; the steps of its schedule are scaled as well."""
    train = deepcopy(stage.train)
    scheduler = train.get("scheduler", {})
    for key in ("milestones", "periods"):
        if key in scheduler:
            scheduler[key] = [max(1, round(step * factor)) for step in scheduler[key]]
    iterations = max(1, round(stage.iterations * factor))
    if sum(scheduler.get("periods", [iterations])) < iterations:  # rounded down; BasicSR stops where periods end
        scheduler["periods"][-1] += iterations - sum(scheduler["periods"])
    return stage.model_copy(update={"iterations": iterations, "train": train})
