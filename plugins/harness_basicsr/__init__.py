"""SR networks of BasicSR, and more built to its conventions, trained through its own pipeline. Declarations only."""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import SRMethodSpec
from harness_basicsr.declared.methods import any_architecture, methods


@hookimpl
def harness_sr_methods() -> Iterator[SRMethodSpec]:
    yield from methods()
    yield any_architecture()
