"""The checkpoints of the methods: one entry each, by method."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from harness.specs import OFFICIAL, OptionValue, Weights

REAL_ESRGAN = "https://github.com/xinntao/Real-ESRGAN/releases/download"
REAL_ESRGAN_DATA = "DIV2K, Flickr2K and OutdoorSceneTraining, degraded at random"


def mini(name: str, sha256: str, note: str, *, package: str = "harness_basicsr", **options: OptionValue) -> Weights:
    """The checkpoint that comes with a package, trained on the training split of the mini data set."""
    return Weights(
        tag="mini",
        sha256=sha256,
        trained_on="mini/train",
        licence="Apache-2.0",
        file=f"{package}:weights/{name}-mini-x4.safetensors",
        scale=4,
        options=options,
        note=note,
    )


def real_esrgan(file: str, sha256: str) -> Weights:
    """A release of Real-ESRGAN's authors."""
    return Weights(
        tag=OFFICIAL,
        sha256=sha256,
        trained_on=REAL_ESRGAN_DATA,
        licence="BSD-3-Clause",
        url=f"{REAL_ESRGAN}/{file}",
        scale=4,
        note="official weights, trained on another degradation",
    )


WEIGHTS: Mapping[str, tuple[Weights, ...]] = MappingProxyType(
    {
        "vdsr": (
            mini(
                "vdsr",
                "7bc9ff523f5162a8c6eb42ef71c33638bb614fbbd59c0fe68edf36a09d23bf2e",
                "narrow: 16 features instead of 64",
                num_feat=16,
            ),
        ),
        "srresnet": (
            mini(
                "srresnet",
                "7b980fdcfcc6632f020690180b50bb845a6a4ce3c23645c445fe19d90bee358f",
                "narrow: 32 features instead of 64",
                num_feat=32,
            ),
        ),
        "edsr": (
            mini(
                "edsr",
                "669b3241917af5d70b2072a77220d26d1f10ec9bc98258eb1ae4bd1a5837cb64",
                "narrow: 16 blocks of 32 features instead of 32 of 256",
                num_feat=32,
                num_block=16,
                res_scale=1.0,
            ),
        ),
        "rcan": (
            mini(
                "rcan",
                "d6066a278d451886cdfef9807138712ff2808b3c922e18c791dd01811bb8552a",
                "narrow: 4 groups of 5 blocks of 32 features instead of 10 of 20 of 64",
                num_feat=32,
                num_group=4,
                num_block=5,
                squeeze_factor=8,
            ),
        ),
        "esrgan": (
            mini(
                "esrgan",
                "3682a2ae8912fb7c49919a3d51f8436be5bf02a85c1bc9bd667dad7e637b2ce4",
                "narrow: 5 blocks of 32 features, growth 16, instead of 23 of 64, growth 32; "
                "short adversarial training",
                num_feat=32,
                num_block=5,
                num_grow_ch=16,
            ),
        ),
        "srgan": (
            mini(
                "srgan",
                "c3344a3971b6bf8a0996843e2cbc70e5d0ecbcb33ad1b3ae596a47b2afb0c890",
                "narrow: 32 features instead of 64; short adversarial training",
                num_feat=32,
            ),
        ),
        "spmc": (
            mini(
                "spmc",
                "eb8ef9bcc72bf0ad50d4ed351ebd8a2489b366f5454eea7e0c1c624816ada653",
                "narrow: 8, 16, 32 features instead of 32, 64, 128, and 12 of motion instead of 24",
                num_feat=8,
                num_motion=12,
            ),
        ),
        "duf16": (
            mini(
                "duf16",
                "3b716ee9a9b63a9c0eb58c4c978c696cd413bc9d2c61f6657bd2442d4e25aadf",
                "narrow: 16 features, growth 8, 64 hidden instead of 64, 32, 256",
                num_feat=16,
                num_grow_ch=8,
                num_hidden=64,
            ),
        ),
        "duf28": (
            mini(
                "duf28",
                "f041b97e4cdefbce1a6a896ca4819172c505ef6dea616a8b158feba0407ff5a7",
                "narrow: 8 features, growth 2, 64 hidden instead of 64, 16, 256",
                num_feat=8,
                num_grow_ch=2,
                num_hidden=64,
            ),
        ),
        "duf52": (
            mini(
                "duf52",
                "7d5dd899f89b6851fb088aa8619a1b5a26279635289f9f0bd1156008f54db4cc",
                "narrow: 8 features, growth 2, 64 hidden instead of 64, 16, 256",
                num_feat=8,
                num_grow_ch=2,
                num_hidden=64,
            ),
        ),
        "realesrgan": (
            real_esrgan(
                "v0.1.0/RealESRGAN_x4plus.pth", "4fa0d38905f75ac06eb49a7951b426670021be3018265fd191d2125df9d682f1"
            ),
        ),
        "realesr-compact": (
            real_esrgan(
                "v0.2.5.0/realesr-general-x4v3.pth", "8dc7edb9ac80ccdc30c3a5dca6616509367f05fbc184ad95b731f05bece96292"
            ),
        ),
    }
)
