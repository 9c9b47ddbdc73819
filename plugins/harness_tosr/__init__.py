"""ToSR: super-resolution for the temporal stream, a loss for any network of harness_basicsr. Declarations only."""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import SRMethodSpec
from harness_basicsr.declared.checkpoints import mini
from harness_basicsr.declared.methods import RECIPE

TRAINER = "harness_tosr.train:train"


@hookimpl
def harness_sr_methods() -> Iterator[SRMethodSpec]:
    yield SRMethodSpec(
        "tosr",
        "ToSR: DUF of 16 layers trained to be consistent along the motion; for the temporal stream",
        "harness_basicsr.networks:build",
        options={"arch": "duf16", "checkpoint": None},
        more_options="harness_basicsr.declared.architectures:options_of",
        citation="Zhang, Liu, Xiong: Two-Stream Action Recognition-Oriented Video Super-Resolution. ICCV 2019",
        family="multi-frame",
        weights=(
            mini(
                "tosr",
                "cc8b4b7b9ceb88de95df006bff1c5908ace45a291db02b1d578f919da4c0a57b",
                "narrow: over a DUF of 16 features, growth 8, 64 hidden instead of 64, 32, 256",
                package="harness_tosr",
                num_feat=16,
                num_grow_ch=8,
                num_hidden=64,
            ),
        ),
        needs_weights=True,
        trainer=TRAINER,
        recipe=RECIPE,
    )
    yield SRMethodSpec(
        "vdsr-tc",
        "VDSR trained to be consistent along the motion (what is not published is taken from ToSR)",
        "harness_basicsr.networks:build",
        options={"arch": "vdsr", "checkpoint": None},
        more_options="harness_basicsr.declared.architectures:options_of",
        citation="Zhang, Liu, Xiong: Video Super-Resolution for Action Recognition (temporal consistency). FG 2018",
        family="pixel",
        weights=(
            mini(
                "vdsr-tc",
                "d061a561182f4a69fb1eaf7afd778e9118400d5eac42c71b9d8c223dc03b9991",
                "narrow: 16 features instead of 64",
                package="harness_tosr",
                num_feat=16,
            ),
        ),
        needs_weights=True,
        trainer=TRAINER,
        recipe=RECIPE,
    )
