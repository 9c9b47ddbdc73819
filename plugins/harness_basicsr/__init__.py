"""SR networks of BasicSR, and VDSR, trained through BasicSR's own pipeline. Declarations only."""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import OptionValue, SRMethodSpec, Weights

TRAINER = "harness_basicsr.train:train"


def _mini(name: str, sha256: str, note: str, **options: OptionValue) -> Weights:
    """The checkpoint that comes with the package, trained on the training split of the mini data set."""
    return Weights(
        tag="mini",
        sha256=sha256,
        trained_on="mini/train",
        licence="Apache-2.0",
        file=f"harness_basicsr:weights/{name}-mini-x4.safetensors",
        scale=4,
        options=options,
        note=note,
    )


@hookimpl
def harness_sr_methods() -> Iterator[SRMethodSpec]:
    yield SRMethodSpec(
        "vdsr",
        "VDSR: 20 layers that add detail to the luma of the bicubic frame",
        "harness_basicsr.networks:vdsr",
        options={"num_feat": 64, "num_layer": 20, "bias": False, "checkpoint": None},
        citation="Kim, Lee, Lee: Accurate Image Super-Resolution Using Very Deep Convolutional Networks. CVPR 2016",
        weights=(
            _mini(
                "vdsr",
                "7bc9ff523f5162a8c6eb42ef71c33638bb614fbbd59c0fe68edf36a09d23bf2e",
                "narrow: 16 features instead of 64",
                num_feat=16,
            ),
        ),
        needs_weights=True,
        trainer=TRAINER,
    )
    yield SRMethodSpec(
        "srresnet",
        "SRResNet without batch normalisation (BasicSR's MSRResNet), pixel loss",
        "harness_basicsr.networks:srresnet",
        options={"num_feat": 64, "num_block": 16, "checkpoint": None},
        citation="Ledig et al.: Photo-Realistic Single Image Super-Resolution Using a GAN. CVPR 2017",
        scales=(2, 3, 4),
        weights=(
            _mini(
                "srresnet",
                "7b980fdcfcc6632f020690180b50bb845a6a4ce3c23645c445fe19d90bee358f",
                "narrow: 32 features instead of 64",
                num_feat=32,
            ),
        ),
        needs_weights=True,
        trainer=TRAINER,
    )
    yield SRMethodSpec(
        "rcan",
        "RCAN: residual channel attention, pixel loss",
        "harness_basicsr.networks:rcan",
        options={"num_feat": 64, "num_group": 10, "num_block": 20, "squeeze_factor": 16, "checkpoint": None},
        citation="Zhang et al.: Image Super-Resolution Using Very Deep Residual Channel Attention Networks. ECCV 2018",
        scales=(2, 3, 4, 8),
        weights=(
            _mini(
                "rcan",
                "d6066a278d451886cdfef9807138712ff2808b3c922e18c791dd01811bb8552a",
                "narrow: 4 groups of 5 blocks of 32 features instead of 10 of 20 of 64",
                num_feat=32,
                num_group=4,
                num_block=5,
                squeeze_factor=8,
            ),
        ),
        needs_weights=True,
        trainer=TRAINER,
    )
    yield SRMethodSpec(
        "esrgan",
        "ESRGAN: residual-in-residual dense blocks, perceptual and adversarial loss",
        "harness_basicsr.networks:esrgan",
        options={"num_feat": 64, "num_block": 23, "num_grow_ch": 32, "checkpoint": None},
        citation="Wang et al.: ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks. ECCV Workshops 2018",
        scales=(4,),
        weights=(
            _mini(
                "esrgan",
                "8ccc8d4dd25e3f4c6f38fa8e1e56605122335251a2963456c32c64ce3b532b6e",
                "narrow: 5 blocks of 32 features, growth 16, instead of 23 of 64, growth 32; "
                "short adversarial training, visible artefacts",
                num_feat=32,
                num_block=5,
                num_grow_ch=16,
            ),
        ),
        needs_weights=True,
        trainer=TRAINER,
    )
