"""Degradations that compress: LR frames as a video codec or JPEG leaves them. Declarations only."""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import DegradationSpec

SEVERITIES = (
    "Schiappa et al.: A Large-Scale Robustness Analysis of Video Action Recognition Models. CVPR 2023; Yi et al.: "
    "Benchmarking the Robustness of Spatial-Temporal Models Against Corruptions. NeurIPS Datasets and Benchmarks 2021"
)


@hookimpl
def harness_degradations() -> Iterator[DegradationSpec]:
    """Option ``crf`` is the encoder's constant rate factor, from 0 to 51; ``quality`` is JPEG's, from 1 to 95.

    ``library`` is part of a result's identity, because encoders change: it need not be given.
    """
    for name, crf, more in (("h264", 23, "x264"), ("h265", 27, "x265")):
        yield DegradationSpec(
            name,
            f"antialiased bicubic, then the whole clip through {name.upper()} ({more}, preset medium, 4:2:0)",
            f"harness_compression.codecs:{name}",
            options={"scale": 4, "crf": crf},
            more_options="harness_compression.libraries:video",
            citation=SEVERITIES,
        )
    yield DegradationSpec(
        "jpeg",
        "antialiased bicubic, then each frame through JPEG (4:2:0)",
        "harness_compression.codecs:Jpeg",
        options={"scale": 4, "quality": 25},
        more_options="harness_compression.libraries:picture",
        citation=SEVERITIES,
    )
