"""Well-known models of MMAction2's zoo by name: a config that comes with MMAction2, and where its weights are.

The project knows only the first eight digits of the weights' sha256, with which their names end, so they are not in the
catalogue: download them by hand and give ``checkpoint=FILE``; the digits are checked. Accuracies on the data set that
they were trained on are in MMAction2's ``metafile.yml`` next to the configs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.specs import OptionValue, RecognizerSpec

HOST = "https://download.openmmlab.com/mmaction/v1.0/recognition"
BUILDER = "harness_mmaction.any_config"
DIGESTS = {"config": "harness_mmaction.configs:digest", "classes": "harness_mmaction.class_map:digest"}
KINETICS = "Kinetics-400"
TWO_STREAMS = ("spatial", "temporal")


@dataclass(frozen=True)
class Entry:
    """One model: `config` under MMAction2's ``configs/recognition``, `weights` under `HOST`."""

    name: str
    title: str
    config: str
    weights: str
    classes: str
    citation: str


def _entry(name: str, title: str, config: str, weights: str, citation: str, classes: str = KINETICS) -> Entry:
    """`weights` is the end of the file name if file and folder are named after the config."""
    family = config.partition("/")[0]
    stem = config.partition("/")[2]
    file = weights if "/" in weights else f"{family}/{stem}/{stem}_{weights}.pth"
    return Entry(name, title, f"recognition/{config}.py", f"{HOST}/{file}", classes, citation)


ZOO = (
    _entry("tsm", "temporal shift module, ResNet-50, 8 segments",
           "tsm/tsm_imagenet-pretrained-r50_8xb16-1x1x8-50e_kinetics400-rgb", "20220831-64d69186",
           "Lin et al., TSM, ICCV 2019"),
    _entry("c3d", "C3D, 16 frames",
           "c3d/c3d_sports1m-pretrained_8xb30-16x1x1-45e_ucf101-rgb", "20220811-31723200",
           "Tran et al., Learning Spatiotemporal Features with 3D Convolutional Networks, ICCV 2015", "UCF101"),
    _entry("i3d-r50", "inflated 3D ResNet-50, 32 frames",
           "i3d/i3d_imagenet-pretrained-r50_8xb8-32x2x1-100e_kinetics400-rgb",
           "20220812-e213c223", "Carreira and Zisserman, Quo Vadis, Action Recognition?, CVPR 2017"),
    _entry("r2plus1d", "R(2+1)D-34, 32 frames",
           "r2plus1d/r2plus1d_r34_8xb8-32x2x1-180e_kinetics400-rgb",
           "20220812-4270588c", "Tran et al., A Closer Look at Spatiotemporal Convolutions, CVPR 2018"),
    _entry("slowonly", "slow pathway of SlowFast, ResNet-50, 8 frames",
           "slowonly/slowonly_r50_8xb16-8x8x1-256e_kinetics400-rgb", "20220901-2132fc87",
           "Feichtenhofer et al., SlowFast Networks for Video Recognition, ICCV 2019"),
    _entry("slowfast", "SlowFast, ResNet-50, 8 and 32 frames",
           "slowfast/slowfast_r50_8xb8-8x8x1-256e_kinetics400-rgb",
           "20220818-1cb6dfc8", "Feichtenhofer et al., SlowFast Networks for Video Recognition, ICCV 2019"),
    _entry("tpn", "temporal pyramid network on SlowOnly, ResNet-50, 8 frames",
           "tpn/tpn-slowonly_r50_8xb8-8x8x1-150e_kinetics400-rgb", "20220913-97d0835d",
           "Yang et al., Temporal Pyramid Network for Action Recognition, CVPR 2020"),
    _entry("x3d", "X3D-S, 13 frames",
           "x3d/x3d_s_13x6x1_facebook-kinetics400-rgb",
           "x3d/facebook/x3d_s_13x6x1_facebook-kinetics400-rgb_20201027-623825a0.pth",
           "Feichtenhofer, X3D: Expanding Architectures for Efficient Video Recognition, CVPR 2020"),
    _entry("timesformer", "TimeSformer, divided space-time attention, 8 frames",
           "timesformer/timesformer_divST_8xb8-8x32x1-15e_kinetics400-rgb", "20220815-a4d0d01f",
           "Bertasius et al., Is Space-Time Attention All You Need for Video Understanding?, ICML 2021"),
    _entry("swin", "Video Swin Transformer, tiny, 32 frames",
           "swin/swin-tiny-p244-w877_in1k-pre_8xb8-amp-32x2x1-30e_kinetics400-rgb", "20220930-241016b2",
           "Liu et al., Video Swin Transformer, CVPR 2022"),
)  # fmt: skip


def declarations() -> Iterator[RecognizerSpec]:
    """`mmaction`, which takes any config, and the models of `ZOO`, which are the same with a preset config."""
    yield _spec("mmaction", "any recogniser of MMAction2, by config and checkpoint, as its config tests it", "", "", "")
    for entry in ZOO:
        summary = f"{entry.title} (MMAction2's zoo, {entry.classes})"
        yield _spec(entry.name, summary, entry.config, entry.weights, entry.citation)


def _spec(name: str, summary: str, config: str, official: str, citation: str) -> RecognizerSpec:
    options: dict[str, OptionValue] = {
        "config": config,
        "checkpoint": "",
        "classes": "",
        "stream": "spatial",
        "flow_bound": 20.0,
    }
    return RecognizerSpec(
        name,
        summary,
        f"{BUILDER}:build",
        options=options,
        citation=citation,
        required={} if config else {"config": "FILE.py"},
        digests=DIGESTS,
        streams=TWO_STREAMS,
        note=f"{BUILDER}:note",
        official=f"{official} (its checksum is checked)" if official else "",
    )
