"""What a benchmark names, opened or resolved to its declaration and options."""

from __future__ import annotations

from pathlib import Path

from harness.choice import Choice, all_options, parse_choice, resolve
from harness.config import data_folder
from harness.contracts import Dataset
from harness.errors import UsageError
from harness.imports import resolve_import
from harness.planning.benchmark import Benchmark
from harness.registry import Registry
from harness.specs import DatasetSpec, DegradationSpec, FlowSpec, OptionValue


def open_dataset(benchmark: Benchmark, registry: Registry, data: Path | None = None) -> Dataset:
    """The benchmark's data set; `data` as in `open_named`."""
    return open_named(benchmark.dataset, registry, data)


def open_named(text: str, registry: Registry, data: Path | None = None) -> Dataset:
    """The data set behind ``NAME`` or ``NAME:option=value``.

    `data` is the folder given on the command line; without one it is the one the user configured (`data_folder`), or
    else where the data set keeps itself. Raises `UsageError`, also where the data set is not here.
    """
    choice = parse_choice(text)
    spec = registry.get(DatasetSpec, choice.name)
    options = all_options(resolve(choice, spec), spec)
    dataset: Dataset = resolve_import(spec.factory)(root=data_folder(spec.name, data), **options)
    return dataset


def resolved_degradation(benchmark: Benchmark, registry: Registry) -> tuple[DegradationSpec, dict[str, OptionValue]]:
    """The degradation with all its options, whose scale is the benchmark's.

    Raises `UsageError` where they differ, and where there is no degradation.
    """
    if not benchmark.has_hr:
        raise UsageError(
            f"benchmark {benchmark.name} has no degradation: its clips are low-resolution by nature, and there are no "
            "HR frames to learn from or to compare with"
        )
    choice = parse_choice(benchmark.degradation)
    spec = registry.get(DegradationSpec, choice.name)
    options = all_options(resolve(choice, spec), spec)
    if options.get("scale") != benchmark.scale:
        raise UsageError(
            f"benchmark {benchmark.name}: degradation {benchmark.degradation!r} has scale {options.get('scale')}, "
            f"but scale is {benchmark.scale}; write {choice.name}:scale={benchmark.scale}"
        )
    return spec, options


def resolved_flow(benchmark: Benchmark, registry: Registry) -> tuple[FlowSpec, dict[str, OptionValue]]:
    """The flow estimator with all its options."""
    choice = parse_choice(benchmark.flow)
    spec = registry.get(FlowSpec, choice.name)
    return spec, all_options(resolve(choice, spec), spec)


def full_text(name: str, options: dict[str, OptionValue]) -> str:
    """Name and all options, as the record and the leaderboard's header show them."""
    return str(Choice(name, tuple(sorted(options.items()))))
