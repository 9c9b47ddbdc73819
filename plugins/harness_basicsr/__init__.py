"""SR networks of BasicSR, and more built to its conventions, trained through its own pipeline. Declarations only."""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import HealthCheck, SRMethodSpec
from harness_basicsr.declared.methods import any_architecture, methods


@hookimpl
def harness_sr_methods() -> Iterator[SRMethodSpec]:
    yield from methods()
    yield any_architecture()


@hookimpl
def harness_health_checks() -> Iterator[HealthCheck]:
    yield HealthCheck(
        "cured: basicsr imports torchvision's functional_tensor, which is gone",
        "harness_basicsr.compat:require_importable",
        "install the project again: pip install -e .",
    )
