"""How accuracy falls with the severity of a degradation: for each a benchmark, of which a run makes one table."""

from __future__ import annotations

from collections.abc import Sequence

from harness.choice import Choice
from harness.errors import UsageError
from harness.planning.benchmark import Benchmark
from harness.registry import Registry
from harness.specs import DegradationSpec


def names_of(names: Sequence[str], registry: Registry) -> list[str]:
    """Names of degradations that have severities; ``all`` stands for every one.

    Raises `UnknownNameError`, and `UsageError` for a degradation without severities.
    """
    known = [name for name, spec in registry.all(DegradationSpec).items() if spec.severities]
    wanted = [each for name in names for each in (known if name == "all" else [name])]
    for name in wanted:
        if not registry.get(DegradationSpec, name).severities:
            raise UsageError(f"{name} has no severities; these have: {', '.join(known) or 'none'}")
    return list(dict.fromkeys(wanted))


def by_severity(benchmark: Benchmark, name: str, registry: Registry) -> Benchmark:
    """The benchmark with every severity of a degradation in place of its own."""
    severities = registry.get(DegradationSpec, name).severities
    listed = [
        str(Choice(name, (("scale", benchmark.scale), ("severity", severity)))) for severity in range(1, severities + 1)
    ]
    return benchmark.model_copy(update={"degradations": listed, "title": f"{benchmark.title}; {name} by severity"})
