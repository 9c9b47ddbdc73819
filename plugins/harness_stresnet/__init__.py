"""ST-ResNet, the spatiotemporal residual network, as MMAction2 models. Declarations only."""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import RecognizerSpec


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
        trainer="harness_stresnet.train:train",
    )
