"""Benchmark files: what is fixed for everybody who wants to compare numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from harness.documents import read_document
from harness.errors import UnknownNameError, UsageError
from harness.paths import benchmarks_folder

ChoiceText = Annotated[str, Field(min_length=1, description="NAME or NAME:option=value,option=value")]
PairText = Annotated[str, Field(pattern=r"^[^+]+\+[^+]+$", description="SPATIAL+TEMPORAL")]
Weight = Annotated[float, Field(ge=0)]
NO_DEGRADATION = "none"
"""Degradation of clips that are low-resolution by nature: what is read is the LR clip, and there is no HR one."""


class Benchmark(BaseModel):
    """One benchmark file. Every field changes numbers or says what is shown."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    dataset: ChoiceText
    split: str
    """Split that is scored."""
    train_split: str
    """Split that `harness train` may use."""
    scale: Annotated[int, Field(ge=1, le=16)]
    degradation: ChoiceText
    flow: ChoiceText
    weights: str
    """Tag of the checkpoints that methods and recognisers use."""
    sr: list[ChoiceText]
    """Methods that ``--sr all`` stands for, in the order in which they are restored."""
    pairs: list[PairText] = []
    """Pairs that ``--sr all`` shows as rows of their own beside the methods."""
    recognizers: dict[str, dict[str, str | int | float | bool]]
    """Recognisers that have a protocol here, with the options that make it."""
    probes: list[ChoiceText]
    fusion: tuple[Weight, Weight] = (1.0, 1.5)
    """Weights of the spatial and the temporal stream's raw scores."""
    notes: list[str] = []
    """Lines for the leaderboard."""
    published: str | None = None
    """Table of published numbers for this protocol: a file of ``benchmarks/published``, or a path to one."""

    @property
    def has_hr(self) -> bool:
        """Whether the clips are HR, and degraded here; otherwise there is no ceiling and no picture quality."""
        return self.degradation != NO_DEGRADATION


def load_benchmark(name_or_path: str) -> Benchmark:
    """Read a shipped benchmark by name, or any file by path. Raises `UsageError` naming file, key and rule."""
    return read_document(find_benchmark(name_or_path), Benchmark)


def find_benchmark(name_or_path: str) -> Path:
    """The file behind a shipped benchmark's name or a path to a ``.yaml`` file."""
    if name_or_path.endswith((".yaml", ".yml")):
        path = Path(name_or_path)
        if not path.is_file():
            raise UsageError(f"benchmark file {path} does not exist")
        return path
    shipped = {p.stem: p for p in sorted(benchmarks_folder().glob("*.yaml"))}
    if name_or_path not in shipped:
        raise UnknownNameError("benchmark", name_or_path, shipped, "A path to a file ends in .yaml.")
    return shipped[name_or_path]
