"""A benchmark with several degradations as benchmarks with one each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from harness.choice import Choice, parse_choice
from harness.errors import UsageError
from harness.planning.benchmark import Benchmark
from harness.planning.resolving import degradation_part, resolve_part
from harness.registry import Registry
from harness.specs import DegradationSpec

SEED = "seed"
"""The option of a degradation that draws."""


def variants(benchmark: Benchmark, registry: Registry) -> dict[str, list[Benchmark]]:
    """By degradation, one benchmark for each seed, or a single one where nothing is drawn.

    Empty for a benchmark of one degradation. Raises `UsageError` for two that are the same, and for one that does not
    fit the benchmark.
    """
    found: dict[str, list[Benchmark]] = {}
    for text in benchmark.degradations:
        if text in found:
            raise UsageError(f"benchmark {benchmark.name}: degradations: {text!r} is there twice; leave one out")
        found[text] = [_with(benchmark, each) for each in _seeded(text, benchmark.seeds, registry)]
        for each in found[text]:
            degradation_part(each, registry)
    return found


def folder_name(benchmark: Benchmark) -> str:
    """What the folder of a variant is called."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", benchmark.degradation).strip("-")


def _seeded(text: str, seeds: Sequence[int], registry: Registry) -> list[str]:
    choice = parse_choice(text)
    options: Mapping[str, object] = resolve_part(DegradationSpec, choice, registry).options
    if SEED not in options or SEED in choice.mapping:
        return [text]
    return [str(Choice(choice.name, tuple({**choice.mapping, SEED: seed}.items()))) for seed in seeds]


def _with(benchmark: Benchmark, degradation: str) -> Benchmark:
    title = f"{benchmark.title}; {degradation}"
    return benchmark.model_copy(update={"degradation": degradation, "degradations": [], "seeds": [0], "title": title})
