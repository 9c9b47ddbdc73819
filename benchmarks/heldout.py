"""The clips that every training of a benchmark holds out, as a data set of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.contracts import Clip, Dataset
from harness.errors import UsageError
from harness.imports import resolve_import
from harness.planning.benchmark import Benchmark
from harness.registry import Registry
from harness.specs import SRMethodSpec
from harness.syntax import parse_item
from harness.training.holdout import some_clips
from harness.training.recipes import find_recipe, read_recipe
from harness.video.frames import Video


@dataclass(frozen=True)
class HeldOut:
    """`harness.contracts.Dataset` of some clips of a data set, whatever split is asked for."""

    whole: Dataset
    kept: Sequence[Clip]
    seed: int
    """What they were drawn by."""

    @property
    def classes(self) -> Sequence[str]:
        return self.whole.classes

    @property
    def splits(self) -> Sequence[str]:
        return self.whole.splits

    def clips(self, split: str) -> Sequence[Clip]:
        return self.kept

    def open(self, clip: Clip) -> Video:
        return self.whole.open(clip)


def held_out(dataset: Dataset, benchmark: Benchmark, where: str, registry: Registry) -> HeldOut:
    """The clips that all the benchmark's own recipes of SR methods hold out; `where` is its name or file.

    Raises `UsageError` where the recipes have different seeds, or there are none.
    """
    names = {choice.name for text in benchmark.sr for choice in parse_item(text)}
    specs = [spec for name in sorted(names) if (spec := registry.get(SRMethodSpec, name)).recipe]
    files = [(find_recipe(spec.name, where), spec) for spec in specs]
    # other folders have recipes of full size, which are for other data
    own = [(file, spec) for file, spec in files if file.parent.name == benchmark.name]
    recipes = [read_recipe(file, resolve_import(spec.recipe or "")) for file, spec in own]
    seeds = sorted({recipe.seed for recipe in recipes})
    if len(seeds) != 1:
        found = f"have the seeds {', '.join(map(str, seeds))}" if seeds else "do not exist"
        raise UsageError(f"benchmark {benchmark.name}: its recipes of SR methods {found}; give all of them one seed")
    # a smaller number of clips is part of a larger one
    count = min(recipe.validation_clips for recipe in recipes)
    return HeldOut(dataset, some_clips(dataset.clips(benchmark.train_split), count, seeds[0]), seeds[0])
