"""Names to parts: the one way from ``NAME:option=value`` to a declaration, its options in force, and its checkpoint."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from harness.choice import Choice, all_options, own_file, parse_choice, require, resolve
from harness.contracts import Dataset
from harness.errors import UnknownNameError, UsageError, WeightsMissingError
from harness.planning.benchmark import Benchmark
from harness.planning.building import Given, build
from harness.planning.cells import Part
from harness.registry import DISTRIBUTION, Registry
from harness.specs import (
    NO_OPTIONS,
    DatasetSpec,
    DegradationSpec,
    FlowSpec,
    NetworkSpec,
    OptionValue,
    Spec,
)

if TYPE_CHECKING:
    from harness.weights.catalogue import Tags

S = TypeVar("S", bound=Spec)
N = TypeVar("N", bound=NetworkSpec)


def resolve_part(
    kind: type[S], text: str | Choice, registry: Registry, *, protocol: Mapping[str, OptionValue] = NO_OPTIONS
) -> Part[S]:
    """The part behind ``NAME`` or ``NAME:option=value``, without a checkpoint.

    `protocol` are options that hold unless the text gives others; the part's label is that of the text, or else shows
    only the text's own options. Raises `UnknownNameError` for a name or an option that is not declared, `UsageError`
    for a value of the wrong type and for an option that is missing.
    """
    choice = parse_choice(text) if isinstance(text, str) else text
    spec = _declared(kind, choice, registry)
    merged = Choice(spec.name, tuple({**protocol, **choice.mapping}.items()))
    require(merged.mapping, spec)  # before the rest, which may import what declares more options
    own = resolve(choice, spec)
    options = all_options(resolve(merged, spec), spec)
    return Part(own.label or str(own), spec, options, code=registry.code_of(kind, spec.name))


def _declared(kind: type[S], choice: Choice, registry: Registry) -> S:
    try:
        return registry.get(kind, choice.name)
    except UnknownNameError as error:
        if advice := choice.advice.get(""):
            raise UsageError(f"{error}{advice}") from error
        raise


def absent(spec: NetworkSpec) -> str | None:
    """Which packages that a declaration requires are not installed, with the command that installs them, or None."""
    names = [name for name in spec.requires if not any(distributions(name=name))]
    return f"needs {' and '.join(names)}; install with: pip install {_to_install(names)}" if names else None


def _to_install(names: Sequence[str]) -> str:
    """What to tell pip: the project's own extra for a package that one brings, which knows the right versions."""
    brought = metadata.requires(DISTRIBUTION) or []
    lines = [re.match(r"([\w.-]+).*extra == .([\w-]+)", line) for line in reversed(brought)]
    extras = {found[1]: f'"{DISTRIBUTION}[{found[2]}]"' for found in lines if found}
    return " ".join(dict.fromkeys(extras.get(name, name) for name in names))


def with_weights(part: Part[N], tags: Tags, *, scale: int | None = None, stream: str | None = None) -> Part[N]:
    """The part with the checkpoint of the first of these tags, or with what is missing and the command that gets it.

    A package that it requires may be missing as well. Nothing else changes where it needs no checkpoint, or has a file
    of the user's own.
    """
    from harness.weights.catalogue import find, installed_path

    spec, part = part.spec, replace(part, stream=stream)
    if reason := absent(spec):
        return replace(part, missing=reason)
    if not spec.needs_weights or own_file(part.options):
        return part
    try:
        weights = find(spec, tags, scale=scale, stream=stream)
        installed_path(weights, spec.name)
    except WeightsMissingError as error:
        return replace(part, missing=str(error))
    if unknown := sorted(weights.options.keys() - part.options.keys()):
        missing = (
            f"its {weights.tag} weights are for a network with {', '.join(unknown)}; give a file with checkpoint=FILE"
        )
        return replace(part, missing=missing)
    chosen = Choice(spec.name, tuple(resolve_given(part).items()))
    return replace(part, weights=weights, options=all_options(chosen, spec, weights.options))


def resolve_given(part: Part[Spec]) -> dict[str, OptionValue]:
    """The options of a part that differ from the declared defaults: those win over what a checkpoint implies."""
    return resolve(Choice(part.spec.name, tuple(part.options.items())), part.spec).mapping


def dataset_part(text: str, registry: Registry) -> Part[DatasetSpec]:
    """The data set behind ``NAME`` or ``NAME:option=value``."""
    return resolve_part(DatasetSpec, text, registry)


def flow_part(text: str, registry: Registry, tags: Tags) -> Part[FlowSpec]:
    """A flow estimator with its checkpoint of the first of these tags, if it is a network."""
    return with_weights(resolve_part(FlowSpec, text, registry), tags)


def degradation_part(benchmark: Benchmark, registry: Registry) -> Part[DegradationSpec]:
    """The benchmark's degradation, whose scale is the benchmark's.

    Raises `UsageError` if they differ or there is no degradation.
    """
    if not benchmark.has_hr:
        raise UsageError(
            f"benchmark {benchmark.name} has no degradation: its clips are low-resolution by nature, and there are no "
            "HR frames to learn from or to compare with"
        )
    part = resolve_part(DegradationSpec, benchmark.degradation, registry)
    if part.options.get("scale") != benchmark.scale:
        raise UsageError(
            f"benchmark {benchmark.name}: degradation {benchmark.degradation!r} has scale {part.options.get('scale')}, "
            f"but scale is {benchmark.scale}; write {part.spec.name}:scale={benchmark.scale}"
        )
    return part


def open_dataset(text: str, registry: Registry, data: Path | None = None) -> Dataset:
    """Open the data set behind ``NAME`` or ``NAME:option=value``.

    `data` is the folder given on the command line; without it, the one that the user configured
    (`harness.config.data_folder`) or else the data set's default is used. Raises `UsageError`, also if the data set is
    not here.
    """
    dataset: Dataset = build(dataset_part(text, registry), Given(data=data))
    return dataset
