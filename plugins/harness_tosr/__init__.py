"""ToSR: super-resolution for the temporal stream, a loss over any network of harness_basicsr. Declarations only."""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import SRMethodSpec

TRAINER = "harness_tosr.train:train"


@hookimpl
def harness_sr_methods() -> Iterator[SRMethodSpec]:
    yield SRMethodSpec(
        "tosr",
        "ToSR: DUF of 16 layers trained to be consistent along the motion; for the temporal stream",
        "harness_basicsr.networks:build",
        options={"arch": "duf16", "checkpoint": None},
        more_options="harness_basicsr.architectures:options_of",
        citation="Zhang, Liu, Xiong: Two-Stream Action Recognition-Oriented Video Super-Resolution. ICCV 2019",
        family="multi-frame",
        weights=(),
        needs_weights=True,
        trainer=TRAINER,
    )
    yield SRMethodSpec(
        "vdsr-tc",
        "VDSR trained to be consistent along the motion (what is not published is taken from ToSR)",
        "harness_basicsr.networks:build",
        options={"arch": "vdsr", "checkpoint": None},
        more_options="harness_basicsr.architectures:options_of",
        citation="Zhang, Liu, Xiong: Video Super-Resolution for Action Recognition (temporal consistency). FG 2018",
        family="pixel",
        weights=(),
        needs_weights=True,
        trainer=TRAINER,
    )
