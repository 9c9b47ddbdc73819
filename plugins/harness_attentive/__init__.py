"""Recognisers for extremely low resolution, over the features of I3D. Declarations only."""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import RecognizerSpec, Weights


def _mini_2_12x16(stream: str, sha256: str) -> Weights:
    """The checkpoint that comes with the package: the row with everything of `mini-2-12x16`."""
    return Weights(
        tag="mini-2-12x16",
        sha256=sha256,
        trained_on="mini-2/train",
        licence="Apache-2.0",
        file=f"harness_attentive:weights/attentive-{stream}-mini-2-12x16.safetensors",
        stream=stream,
        options={
            "attention": "joint",
            "heads": 4,
            "narrow": 4,
            "frames": 16,
            "short_side": 128,
            "input_size": 112,
            "flow_bound": 7.5,
        },
        note="learnt from frames that span|span restored, with a teacher on HR clips",
    )


@hookimpl
def harness_recognizers() -> Iterator[RecognizerSpec]:
    yield RecognizerSpec(
        "attentive",
        "I3D streams with spatial-temporal multi-head self-attention; after Purwanto et al.",
        "harness_attentive.recognizer:build",
        options={
            "checkpoint": None,
            "attention": "joint",
            "heads": 8,
            "frames": 64,
            "narrow": 1,
            "short_side": 256,
            "input_size": 224,
            "flow_bound": 20.0,
        },
        citation=(
            "Purwanto, Pramono, Chen, Fang: Extreme Low Resolution Action Recognition with Spatial-Temporal Multi-Head "
            "Self-Attention and Knowledge Distillation. ICCV Workshops 2019"
        ),
        streams=("spatial", "temporal"),
        weights=(
            _mini_2_12x16("spatial", "1972615aec62c1784fe909ceff099c625091bf11d247e73299df10c205913e42"),
            _mini_2_12x16("temporal", "fdd00e6161305333130a982b98bffd2f0b87088f42846902a91a8ede94a6f584"),
        ),
        trainer="harness_attentive.train:train",
        recipe="harness_attentive.train:AttentiveRecipe",
    )
    yield RecognizerSpec(
        "coupled",
        "two coupled GRUs over the features of I3D, both streams in one; after Xu et al.",
        "harness_attentive.coupled.recognizer:build",
        options={
            "checkpoint": "",
            "features": "",
            "frames": 64,
            "short_side": 256,
            "input_size": 224,
            "flow_bound": 20.0,
        },
        citation=(
            "Xu, Sharghi, Chen, Crandall: Fully-Coupled Two-Stream Spatiotemporal Networks for Extremely Low "
            "Resolution Action Recognition. WACV 2018"
        ),
        digests={"features": "harness_attentive.coupled.units:digest"},
        streams=("joint",),
        trainer="harness_attentive.coupled.train:train",
        recipe="harness_attentive.coupled.train:CoupledRecipe",
    )
