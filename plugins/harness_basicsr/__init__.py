"""SR networks of BasicSR, and more built to its conventions, trained through its own pipeline. Declarations only."""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import FlowSpec, HealthCheck, SRMethodSpec
from harness_basicsr.declared.methods import ZOO, any_architecture, methods

VRT = "https://github.com/JingyunLiang/VRT/releases/tag/v0.0"


@hookimpl
def harness_sr_methods() -> Iterator[SRMethodSpec]:
    yield from methods()
    yield any_architecture()


@hookimpl
def harness_flows() -> Iterator[FlowSpec]:
    yield FlowSpec(
        "spynet",
        "SpyNet of a BasicVSR checkpoint, or by itself, with your weights: spynet:checkpoint=my.pth",
        "harness_basicsr.flow:build_spynet",
        options={"checkpoint": None},
        citation="Ranjan, Black: Optical Flow Estimation Using a Spatial Pyramid Network, CVPR 2017",
        needs_weights=True,
        official=f"spynet_sintel_final-3d2a1287.pth of {VRT}, or BasicVSR_REDS4-543c8261.pth of {ZOO}",
    )


@hookimpl
def harness_health_checks() -> Iterator[HealthCheck]:
    yield HealthCheck(
        "cured: basicsr imports torchvision's functional_tensor, which is gone",
        "harness_basicsr.compat:require_importable",
        "install the project again: pip install -e .",
    )
