"""Recognisers of MMAction2: TSN, trained through mmengine's Runner, and any other by config. Declarations only."""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import HealthCheck, OptionValue, RecognizerSpec, Weights
from harness_mmaction.declared.zoo import declarations


def _mini_2(stream: str, sha256: str, **options: OptionValue) -> Weights:
    """The checkpoint that comes with the package, trained on the training split of `mini-2`."""
    return Weights(
        tag="mini-2",
        sha256=sha256,
        trained_on="mini-2/train",
        licence="Apache-2.0",
        file=f"harness_mmaction:weights/tsn-{stream}-mini-2.safetensors",
        stream=stream,
        options=options,
        note="EfficientNet-lite0 cut after its fifth stage instead of BN-Inception",
    )


@hookimpl
def harness_recognizers() -> Iterator[RecognizerSpec]:
    """Defaults are the test protocol of the paper: 25 segments, ten crops of 224 from a short side of 256."""
    yield RecognizerSpec(
        "tsn",
        "temporal segment networks, spatial and temporal stream (MMAction2)",
        "harness_mmaction.tsn:build",
        options={
            "config": "",
            "checkpoint": "",
            "segments": 25,
            "sampling": "tsn",
            "crops": "ten",
            "mirror": False,
            "short_side": 256,
            "input_size": 224,
            "flow_bound": 20.0,
            "stack": 5,
        },
        citation="Wang et al., Temporal Segment Networks, ECCV 2016",
        digests={"config": "harness_mmaction.configs:digest"},
        streams=("spatial", "temporal"),
        weights=(
            _mini_2("spatial", "bdb639ff354107e010c3c136a679b9786832679b3c26406448c43521b3e7c5be"),
            _mini_2("temporal", "5b9d9531a99ef4c987bfa41ecc921b518a875fc7e6e6aa184161e220c7e796dc"),
        ),
        trainer="harness_mmaction.training.train:train",
        recipe="harness_mmaction.training.recipe:Recipe",
    )
    yield from declarations()


@hookimpl
def harness_health_checks() -> Iterator[HealthCheck]:
    yield HealthCheck(
        "cured: mmaction2 lacks its module drn",
        "harness_mmaction.compat:prepare",
        "install the project again: pip install -e .",
    )
