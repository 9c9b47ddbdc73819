"""Recognisers of MMAction2: TSN, trained through mmengine's Runner, and any other by config. Declarations only."""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import HealthCheck, OptionValue, RecognizerSpec, Weights
from harness_mmaction.declared.zoo import declarations


def _mini(stream: str, sha256: str, **options: OptionValue) -> Weights:
    """The checkpoint that comes with the package, trained on the training split of the mini data set."""
    return Weights(
        tag="mini",
        sha256=sha256,
        trained_on="mini/train",
        licence="Apache-2.0",
        file=f"harness_mmaction:weights/tsn-{stream}-mini.safetensors",
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
            _mini("spatial", "99e6418c6fddaa08ddc5d1f58b8c810b84dd6ebd78335cfadfd0b5f1c80c86ea"),
            _mini("temporal", "3a8a621b964f62505641d5f84eecfada614e234e1fb9e41007df3cf351a99467"),
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
