"""Training recipes: ``training/BENCHMARK/METHOD.yaml`` beside the benchmark files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.benchmark import find_benchmark, load_benchmark
from harness.errors import UsageError

Count = Annotated[int, Field(ge=1)]


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
    """Patches a batch, where not the recipe's; a pair counts as one."""
    pairs: bool = False
    """Whether the model sees pairs of consecutive frames and the flow between them."""
    motion_weight: bool = False
    """Whether the model sees the length of the flow vectors, to weigh its loss with."""


class Crops(BaseModel):
    """Which crops to train on, see `harness.training.crops.Selection`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stride: Count
    keep: Count
    warp_filter: bool = False


class Recipe(BaseModel):
    """How one method is trained for one benchmark."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    arch: str | None = None
    """Name of the network, see `harness_basicsr.architectures`; the method's own where it is not given."""
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
    """Flow estimator with options for crops, pairs and motion weights; it looks at HR frames."""
    crops: Crops | None = None
    """Crops to draw patches from; None draws from everywhere."""
    sequence: Count = 7
    """Consecutive frames of an example, for networks that take whole clips."""
    stages: Annotated[list[Stage], Field(min_length=1)]
    notes: str = ""
    """For the data card."""

    def scaled_to(self, iterations: int | None) -> Recipe:
        """The recipe with this many iterations in all, split over the stages in proportion; None leaves it as it is."""
        if iterations is None:
            return self
        total = sum(stage.iterations for stage in self.stages)
        shares = [max(1, round(iterations * stage.iterations / total)) for stage in self.stages]
        stages = [s.model_copy(update={"iterations": n}) for s, n in zip(self.stages, shares, strict=True)]
        return self.model_copy(update={"stages": stages})


def recipe_path(name: str, benchmark: str) -> Path:
    """Where the recipe of a method for a benchmark lies. Raises `UsageError` listing those there are."""
    folder = find_benchmark(benchmark).parent / "training" / load_benchmark(benchmark).name
    path = folder / f"{name}.yaml"
    if not path.is_file():
        there = ", ".join(sorted(p.stem for p in folder.glob("*.yaml"))) or "none"
        raise UsageError(f"no recipe {path}; methods with a recipe for {benchmark}: {there}")
    return path


def load_recipe(path: Path) -> Recipe:
    """Read and check a recipe. Raises `UsageError` naming file, key and rule."""
    try:
        return Recipe.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: not YAML: {error}") from error
    except ValidationError as error:
        mistakes = [f"{'.'.join(map(str, e['loc'])) or '(file)'}: {e['msg']}" for e in error.errors()]
        raise UsageError(f"{path}: " + "; ".join(mistakes)) from error
