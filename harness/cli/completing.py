"""What the shell completes: names that plugins declare. Plugin files are not run for it, nor is a data set opened."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from harness.specs import Spec

LAST = re.compile(r"[^,+]*$")
"""The item of a comma list, or the part of a pair, that is being written."""


def declared(*kinds: str) -> Callable[[str], list[str]]:
    """Completes names of these kinds (classes of `harness.specs`), also in comma lists and pairs."""

    def complete(incomplete: str) -> list[str]:
        from harness import specs
        from harness.registry import HOOKS, registry

        wanted: Iterable[type[Spec]] = [getattr(specs, kind) for kind in kinds] or HOOKS
        return _completed(incomplete, [name for kind in wanted for name in registry().all(kind)])

    return complete


def benchmarks(incomplete: str) -> list[str]:
    """Completes names of the benchmarks that come with the project."""
    from harness.planning.benchmark import shipped_benchmarks

    return _completed(incomplete, shipped_benchmarks())


def _completed(incomplete: str, names: Iterable[str]) -> list[str]:
    last = LAST.search(incomplete)
    begun = last.group() if last else ""
    before = incomplete[: len(incomplete) - len(begun)]
    return sorted({f"{before}{name}" for name in names if name.startswith(begun)})
