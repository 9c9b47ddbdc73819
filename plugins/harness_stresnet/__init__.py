"""ST-ResNet, the spatiotemporal residual network, as MMAction2 models. Declarations only."""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import RecognizerSpec, Weights


@hookimpl
def harness_recognizers() -> Iterator[RecognizerSpec]:
    """Defaults are the published network and test: 25 stacks, whole frames (short side 256) and their mirror images."""
    yield RecognizerSpec(
        "stresnet",
        "spatiotemporal residual network, both streams in one (MMAction2)",
        "harness_stresnet.stresnet:build",
        options={
            "checkpoint": "",
            "injection": "add",
            "depth": 50,
            "width": 64,
            "temporal_pool": True,
            "segments": 25,
            "crops": "full",
            "mirror": True,
            "short_side": 256,
            "input_size": 224,
            "flow_bound": 20.0,
            "stack": 10,
        },
        citation="Feichtenhofer et al., Spatiotemporal Residual Networks for Video Action Recognition, NIPS 2016",
        streams=("joint",),
        weights=(
            Weights(
                tag="mini-2",
                sha256="77b107d70f1c50500cc5d4c2ad24ebd1ce26bc7d17c142f6ec753dad09e1d854",
                trained_on="mini-2/train",
                licence="Apache-2.0",
                file="harness_stresnet:weights/stresnet-joint-mini-2.safetensors",
                stream="joint",
                options={"depth": 26, "width": 14, "stack": 5},
                note="narrow: 26 layers of width 14 instead of 50 of width 64, from random weights",
            ),
        ),
        trainer="harness_stresnet.train:train",
        recipe="harness_stresnet.train:STResNetRecipe",
    )
