"""ToSR: super-resolution for the temporal stream, a loss for any network of harness_basicsr. Declarations only."""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import SRMethodSpec
from harness_basicsr.declared.checkpoints import mini_2
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
        weights=mini_2(
            "tosr",
            "3575fc9c903b18567dfdf4810daa8fc6fd6e56a594cc857d1cc356bb41f654ea",
            "narrow: over a DUF of 16 features, growth 8, 64 hidden instead of 64, 32, 256",
            package="harness_tosr",
            num_feat=16,
            num_grow_ch=8,
            num_hidden=64,
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
        weights=mini_2(
            "vdsr-tc",
            "c3f22ebc5cc68448098a95748e40324cb4be56a6624c858bfd0f2777e937721a",
            "narrow: 16 features instead of 64",
            package="harness_tosr",
            num_feat=16,
        ),
        needs_weights=True,
        trainer=TRAINER,
        recipe=RECIPE,
    )
