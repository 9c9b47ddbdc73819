"""Degradations that compress: LR frames as a video codec or JPEG leaves them, or all that happens to them in the world.

Declarations only.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import DegradationSpec
from harness_compression.severities import SEVERITIES, USUAL

CITATION = (
    "Schiappa et al.: A Large-Scale Robustness Analysis of Video Action Recognition Models. CVPR 2023; Yi et al.: "
    "Benchmarking the Robustness of Spatial-Temporal Models Against Corruptions. NeurIPS Datasets and Benchmarks 2021"
)


@hookimpl
def harness_degradations() -> Iterator[DegradationSpec]:
    """Option ``crf`` is the encoder's constant rate factor, from 0 to 51; ``quality`` is JPEG's, from 1 to 95.

    ``one_in`` is the number of bits to one that is wrong, ``percent`` that of packets that are lost in 100.
    Instead of any of these, ``severity`` is a published one, from 1 to 5 (`harness_compression.severities`).
    ``library`` is part of a result's identity, because encoders change: it need not be given.
    """
    for name, more in (("h264", "x264"), ("h265", "x265")):
        yield DegradationSpec(
            name,
            f"antialiased bicubic, then the whole clip through {name.upper()} ({more}, preset medium, 4:2:0)",
            f"harness_compression.codecs:{name}",
            options={"scale": 4, "crf": USUAL[name], "severity": 0},
            more_options="harness_compression.libraries:video",
            later=("severity",),
            citation=CITATION,
            severities=len(SEVERITIES[name]),
        )
    yield DegradationSpec(
        "jpeg",
        "antialiased bicubic, then each frame through JPEG (4:2:0)",
        "harness_compression.codecs:jpeg",
        options={"scale": 4, "quality": USUAL["jpeg"], "severity": 0},
        more_options="harness_compression.libraries:picture",
        later=("severity",),
        citation=CITATION,
        severities=len(SEVERITIES["jpeg"]),
    )
    for name, level, what in (
        ("bit_error", "one_in", "single bits of it wrong"),
        ("packet_loss", "percent", "slices of it lost, each of a packet"),
    ):
        yield DegradationSpec(
            name,
            f"antialiased bicubic, then the clip sent as H.264 (CRF 23, 4:2:0), {what}, drawn for each clip",
            f"harness_compression.transmission:{name}",
            options={"scale": 4, level: USUAL[name], "severity": 0, "seed": 0},
            more_options="harness_compression.libraries:video",
            citation=CITATION,
            severities=len(SEVERITIES[name]),
        )
    yield DegradationSpec(
        "realworld",
        "blur, resizing, noise, JPEG and a video codec, twice, drawn for each clip (RealBasicVSR's pipeline)",
        "harness_compression.realworld.pipeline:RealWorld",
        options={"scale": 4, "seed": 0},
        more_options="harness_compression.libraries:mixed",
        citation=(
            "Chan, Zhou, Xu, Loy: Investigating Tradeoffs in Real-World Video Super-Resolution. CVPR 2022; Wang, Xie, "
            "Dong, Shan: Real-ESRGAN. ICCV Workshops 2021"
        ),
    )
