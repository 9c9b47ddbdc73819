"""SoSR: super-resolution for the spatial stream, a loss for any network of harness_basicsr. Declarations only."""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import SRMethodSpec
from harness_basicsr.declared.checkpoints import mini_2
from harness_basicsr.declared.methods import RECIPE


@hookimpl
def harness_sr_methods() -> Iterator[SRMethodSpec]:
    yield SRMethodSpec(
        "sosr",
        "SoSR: ESRGAN's network, pixels weighted by motion, perceptual and adversarial loss; for the spatial stream",
        "harness_basicsr.networks:build",
        options={"arch": "esrgan", "checkpoint": None},
        more_options="harness_basicsr.declared.architectures:options_of",
        citation="Zhang, Liu, Xiong: Two-Stream Action Recognition-Oriented Video Super-Resolution. ICCV 2019",
        family="perceptual",
        weights=mini_2(
            "sosr",
            "6417fc613689141210bcf6699232474c6b0ca215a72dd281579296981c68c7c4",
            "narrow: 5 blocks of 32 features, growth 16, for 23 of 64, growth 32; short adversarial training",
            package="harness_sosr",
            num_feat=32,
            num_block=5,
            num_grow_ch=16,
        ),
        needs_weights=True,
        official="those linked from https://github.com/AlanZhang1995/TwoStreamSR",
        trainer="harness_sosr.train:train",
        recipe=RECIPE,
    )
