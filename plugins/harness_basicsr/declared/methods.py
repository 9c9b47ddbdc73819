"""The methods, one entry each. Their networks are in `architectures`, their weights in `checkpoints`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from harness.specs import OF_CLIP, SECOND_VIEW, SRMethodSpec
from harness_basicsr.declared.architectures import ARCHITECTURES
from harness_basicsr.declared.checkpoints import WEIGHTS

TRAINER, RECIPE = "harness_basicsr.training.train:train", "harness_basicsr.training.recipe:Recipe"
ZOO = "https://github.com/XPixelGroup/BasicSR/blob/master/docs/ModelZoo.md"
DUF = (
    "Jo, Oh, Kang, Kim: Deep Video Super-Resolution Network Using Dynamic Upsampling Filters Without Explicit Motion "
    "Compensation. CVPR 2018"
)
OF_DUF = "adapt_official_weights=true, and black_ends=true as in the authors' test"
BLACK_ENDS: Mapping[str, bool] = MappingProxyType({"black_ends": False})
BASICVSR = "Chan et al.: BasicVSR: The Search for Essential Components in Video Super-Resolution and Beyond. CVPR 2021"
LEDIG = "Ledig et al.: Photo-Realistic Single Image Super-Resolution Using a GAN. CVPR 2017"
REAL_ESRGAN = (
    "Wang et al.: Real-ESRGAN: Training Real-World Blind Super-Resolution with Pure Synthetic Data. ICCV Workshops 2021"
)


@dataclass(frozen=True)
class Method:
    """A row of the table below."""

    summary: str
    citation: str
    family: str
    scales: tuple[int, ...] | None = (4,)
    official: str = ""
    trainable: bool = True
    interpolates: bool = False
    """Whether it makes frames between as well."""
    later: Mapping[str, bool] = field(default_factory=dict)
    """Options of how it is tested, which came when results had been stored."""
    views: int = 1


METHODS = {
    "vdsr": Method(
        "VDSR: 20 layers that add detail to the luma of the bicubic frame",
        "Kim, Lee, Lee: Accurate Image Super-Resolution Using Very Deep Convolutional Networks. CVPR 2016",
        "pixel",
        scales=None,
    ),
    "srresnet": Method(
        "SRResNet without batch normalisation (BasicSR's MSRResNet), pixel loss",
        LEDIG,
        "pixel",
        scales=(2, 3, 4),
        official=f"001_MSRResNet_x4_f64b16_DIV2K_1000k_B16G1 of {ZOO}",
    ),
    "srgan": Method(
        "SRGAN: SRResNet as published, perceptual and adversarial loss",
        LEDIG,
        "perceptual",
        scales=(2, 3, 4, 8),
    ),
    "rcan": Method(
        "RCAN: residual channel attention, pixel loss",
        "Zhang et al.: Image Super-Resolution Using Very Deep Residual Channel Attention Networks. ECCV 2018",
        "pixel",
        scales=(2, 3, 4, 8),
    ),
    "edsr": Method(
        "EDSR: 32 wide residual blocks without batch normalisation, pixel loss",
        "Lim et al.: Enhanced Deep Residual Networks for Single Image Super-Resolution. CVPR Workshops 2017",
        "pixel",
        scales=(2, 3, 4, 8),
        official=f"EDSR_Lx4_f256b32_DIV2K_official-76ee1c8f.pth of {ZOO}",
    ),
    "esrgan": Method(
        "ESRGAN: residual-in-residual dense blocks, perceptual and adversarial loss",
        "Wang et al.: ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks. ECCV Workshops 2018",
        "perceptual",
        official=f"ESRGAN_SRx4_DF2KOST_official of {ZOO}",
    ),
    "span": Method(
        "SPAN: a small network for speed with attention that has no weights, pixel loss",
        "Wan et al.: Swift Parameter-free Attention Network for Efficient Super-Resolution. CVPR Workshops 2024",
        "pixel",
        scales=(2, 4),
    ),
    "swinir": Method(
        "SwinIR: shifted-window transformer, pixel loss",
        "Liang et al.: SwinIR: Image Restoration Using Swin Transformer. ICCV Workshops 2021",
        "pixel",
        scales=(2, 3, 4, 8),
        official="001_classicalSR_DF2K_s64w8_SwinIR-M_x4.pth of https://github.com/JingyunLiang/SwinIR/releases/tag/v0.0",
    ),
    "duf16": Method(
        "DUF, 16 layers: a filter of its own for every pixel, from 7 frames",
        DUF,
        "multi-frame",
        scales=(2, 3, 4),
        official=f"DUF_x4_16L_official of {ZOO}, with {OF_DUF}",
        later=BLACK_ENDS,
    ),
    "duf28": Method(
        "DUF, 28 layers: a filter of its own for every pixel, from 7 frames",
        DUF,
        "multi-frame",
        scales=(2, 3, 4),
        official=f"DUF_x4_28L_official of {ZOO}, with {OF_DUF}",
        later=BLACK_ENDS,
    ),
    "duf52": Method(
        "DUF, 52 layers: a filter of its own for every pixel, from 7 frames",
        DUF,
        "multi-frame",
        scales=(2, 3, 4),
        official=f"DUF_x4_52L_official-483d2c78.pth of {ZOO}, with {OF_DUF}",
        later=BLACK_ENDS,
    ),
    "spmc": Method(
        "SPMC: luma of 3 frames laid onto the HR grid along their motion, fused by a ConvLSTM",
        "Tao, Gao, Liao, Wang, Jia: Detail-revealing Deep Video Super-resolution. ICCV 2017",
        "multi-frame",
        scales=(2, 3, 4),
    ),
    "toflow": Method(
        "TOFlow: 7 bicubic frames aligned by a flow that is learnt with the task",
        "Xue, Chen, Wu, Wei, Freeman: Video Enhancement with Task-Oriented Flow. IJCV 2019",
        "multi-frame",
        scales=None,
        official=f"TOF_official of {ZOO}, with adapt_official_weights=true",
        trainable=False,
    ),
    "edvr": Method(
        "EDVR: 5 frames aligned by deformable convolutions, fused by attention",
        "Wang et al.: EDVR: Video Restoration with Enhanced Deformable Convolutional Networks. CVPR Workshops 2019",
        "multi-frame",
        official=f"EDVR_L_x4_SR_REDS_official-9f5f5039.pth of {ZOO}",
        trainable=False,
    ),
    "basicvsr": Method(
        "BasicVSR: features carried both ways through the whole clip along its flow",
        BASICVSR,
        "multi-frame",
        official=f"BasicVSR_REDS4-543c8261.pth of {ZOO}",
        trainable=False,
    ),
    "dflow": Method(
        "DFlow: features carried both ways through the whole clip along a flow that is carried as well",
        "Gao et al.: Propagating Difference Flows for Efficient Video Super-Resolution. BMVC 2022",
        "multi-frame",
    ),
    "tpsr": Method(
        "after Xiao et al.: frames between and HR frames in one, from pictures of rows and columns over time",
        "Xiao, Xiong, Fu, Liu, Zha: Space-Time Video Super-Resolution Using Temporal Profiles. ACM MM 2020",
        "multi-frame",
        interpolates=True,
    ),
    "svsrnet": Method(
        "SVSRNet: 3 frames of each of two cameras, aligned in time, and attention from one view to the other",
        "Xu et al.: Stereo Video Super-Resolution via Exploiting View-Temporal Correlations. ACM MM 2021",
        "multi-frame",
        views=2,
    ),
    "iconvsr": Method(
        "IconVSR: BasicVSR with refilled key frames and coupled propagation",
        BASICVSR,
        "multi-frame",
        official=f"IconVSR_REDS-aaa5367f.pth of {ZOO}",
        trainable=False,
    ),
    "basicvsrpp": Method(
        "BasicVSR++: second-order propagation through the whole clip, flow-guided deformable alignment",
        "Chan et al.: BasicVSR++: Improving Video Super-Resolution with Enhanced Propagation and Alignment. CVPR 2022",
        "multi-frame",
        official="those of https://github.com/ckkelvinchan/BasicVSR_PlusPlus, their keys renamed to BasicSR's",
        trainable=False,
    ),
    "realesrgan": Method(
        "Real-ESRGAN: ESRGAN's network, trained on compound synthetic degradations",
        REAL_ESRGAN,
        "perceptual",
        trainable=False,
    ),
    "realsr": Method(
        "RealSR: ESRGAN's network, trained on blur and noise as estimated from real pictures",
        "Ji et al.: Real-World Super-Resolution via Kernel Estimation and Noise Injection. CVPR Workshops 2020",
        "perceptual",
        trainable=False,
    ),
    "realesr-compact": Method(
        "realesr-general-x4v3: a small plain network trained as Real-ESRGAN",
        REAL_ESRGAN,
        "perceptual",
        trainable=False,
    ),
}


def methods() -> Iterator[SRMethodSpec]:
    """The methods of the table."""
    for name, method in METHODS.items():
        own_view = {SECOND_VIEW: OF_CLIP} if method.views > 1 else {}
        yield SRMethodSpec(
            name,
            method.summary,
            f"harness_basicsr.networks:{name}",
            options={**ARCHITECTURES[name].options, **own_view, "checkpoint": None, **method.later},
            citation=method.citation,
            family=method.family,
            scales=method.scales,
            weights=WEIGHTS.get(name, ()),
            needs_weights=True,
            official=method.official,
            trainer=TRAINER if method.trainable else None,
            recipe=RECIPE if method.trainable else None,
            interpolates=method.interpolates,
            later=tuple(method.later),
            views=method.views,
        )


def any_architecture() -> SRMethodSpec:
    """Any architecture of BasicSR's registry with the user's own weights, through options alone."""
    return SRMethodSpec(
        "basicsr",
        "any architecture of BasicSR with your weights: basicsr:arch=RRDBNet,weights=my.pth,num_feat=64",
        "harness_basicsr.networks:build_any",
        options={"arch": None, "weights": None, "view": None, "radius": None},
        required={"arch": "RRDBNet"},
        more_options="harness_basicsr.networks:options_of_any",
        needs_weights=True,
        official=f"any of {ZOO}, as basicsr:arch=RRDBNet,weights=my.pth",
    )
