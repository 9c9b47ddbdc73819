"""Benchmark files: what is fixed for everybody who wants to compare numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from harness.documents import read_document
from harness.errors import ReplacedError, UnknownNameError, UsageError
from harness.paths import benchmarks_folder
from harness.planning.published import find_published
from harness.specs import FLOOR
from harness.syntax import Item, parse_choice, parse_item


def _choice(text: str) -> str:
    return _checked(text, lambda: (parse_choice(text),), parts=1)


def _method(text: str) -> str:
    return _checked(text, lambda: parse_item(text))


def _pair(text: str) -> str:
    return _checked(text, lambda: parse_item(text), parts=2)


def _checked(text: str, read: Callable[[], Item], parts: int | None = None) -> str:
    """The text, if it can be read. Raises `ValueError`, which is what pydantic takes for a mistake."""
    try:
        found = read()
    except UsageError as error:
        raise ValueError(error) from error
    if parts not in (None, len(found)):
        raise ValueError("expected a pair SPATIAL+TEMPORAL")
    return text


PLAIN = r"^[^\x00-\x1f\x7f]+$"
Line = Annotated[str, Field(pattern=PLAIN)]
"""A text of one line, without control characters."""
ChoiceText = Annotated[Line, AfterValidator(_choice), Field(description="NAME or NAME:option=value,option=value")]
MethodText = Annotated[Line, AfterValidator(_method), Field(description="NAME:option=value or LABEL=NAME:option=value")]
PairText = Annotated[Line, AfterValidator(_pair), Field(description="SPATIAL+TEMPORAL, by name or label")]
FileName = Annotated[str, Field(pattern=r"^\w[\w .-]*$", max_length=100)]
"""What folders are called."""
Weight = Annotated[float, Field(ge=0)]
NO_DEGRADATION = "none"
"""Degradation of clips that are low-resolution by nature: what is read is the LR clip, and there is no HR one."""


class Benchmark(BaseModel):
    """One benchmark file. Every field changes numbers or says what is shown."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: FileName
    title: Line
    dataset: ChoiceText
    split: Line
    """Split that is scored."""
    train_split: Line
    """Split that `harness train` may use."""
    scale: Annotated[int, Field(ge=1, le=16)]
    degradation: ChoiceText
    degradations: list[ChoiceText] = []
    """Degradations that `harness run` takes in turn, each a run of its own, in the stead of `degradation`."""
    seeds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)] = [0]
    """Seeds of those of `degradations` that draw: each is run once for each of them, and accuracies are averaged."""
    flow: ChoiceText
    weights: Line | Annotated[list[Line], Field(min_length=1)]
    """Tag of the checkpoints that methods and recognisers use, or several: what has none of the first tag uses one of
    the next, and the leaderboard's header says so."""
    sr: list[MethodText]
    """Methods that ``--sr all`` stands for, in the order in which they are restored; a label names a row."""
    floor: MethodText = FLOOR
    """The method that every run includes and all others are compared with."""
    pairs: list[PairText] = []
    """Pairs that ``--sr all`` shows as rows of their own beside the methods."""
    recognizers: dict[ChoiceText, dict[str, str | int | float | bool]]
    """Recognisers that have a protocol here, with the options that make it."""
    probes: list[ChoiceText]
    fusion: tuple[Weight, Weight] = (1.0, 1.5)
    """Weights of the spatial and the temporal stream's raw scores."""
    notes: list[str] = []
    """Lines for the leaderboard."""
    replaces: list[FileName] = []
    """Names of benchmarks that are gone, whose place this one took."""
    published: Line | None = None
    """Table of published numbers for this protocol: a file of ``benchmarks/published``, or a path from this file."""

    @property
    def tags(self) -> Sequence[str]:
        """Tags of checkpoints, in the order in which they are looked for."""
        return [self.weights] if isinstance(self.weights, str) else self.weights

    @property
    def has_hr(self) -> bool:
        """Whether the clips are HR, and degraded here; otherwise there is no ceiling and no picture quality."""
        return self.degradation != NO_DEGRADATION


def load_benchmark(name_or_path: str) -> Benchmark:
    """Read a shipped benchmark by name, or any file by path, from which its other paths start.

    Raises `UsageError` naming file, key and rule.
    """
    path = find_benchmark(name_or_path)
    benchmark = read_document(path, Benchmark)
    if benchmark.published is None:
        return benchmark
    return benchmark.model_copy(update={"published": find_published(benchmark.published, path.parent)})


def find_benchmark(name_or_path: str) -> Path:
    """The file behind a shipped benchmark's name or a path to a ``.yaml`` file.

    Raises `UnknownNameError`, `ReplacedError` for a benchmark that is gone, and `UsageError` for a file that is absent.
    """
    if name_or_path.endswith((".yaml", ".yml")):
        path = Path(name_or_path)
        if not path.is_file():
            raise UsageError(f"benchmark file {path} does not exist")
        return path
    shipped = shipped_benchmarks()
    if name_or_path not in shipped:
        for name, path in shipped.items():
            if name_or_path in read_document(path, Benchmark).replaces:
                raise ReplacedError("benchmark", name_or_path, name)
        raise UnknownNameError("benchmark", name_or_path, shipped, "A path to a file ends in .yaml.")
    return shipped[name_or_path]


def shipped_benchmarks() -> dict[str, Path]:
    """The files of the benchmarks that come with the project, by name."""
    return {path.stem: path for path in sorted(benchmarks_folder().glob("*.yaml"))}
