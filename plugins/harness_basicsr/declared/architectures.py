"""The networks behind the SR methods: what each is called in BasicSR's registry, and what it looks at.

A new method is an entry here and a declaration in `harness_basicsr.declared.methods`. Imports nothing heavy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from harness.errors import UnknownNameError

VIEWS = (
    "frame", "enlarged-luma", "window", "luma-window", "enlarged-window", "stereo-window", "clip", "doubled-clip",
)  # fmt: skip
"""What networks take; N is the batch, T time, a window ``2 * radius + 1`` frames around the wanted one.

- ``frame``: RGB ``(N, 3, h, w)`` to ``(N, 3, H, W)``
- ``enlarged-luma``: Y of BT.601 in studio range / 255, bicubically enlarged, ``(N, 1, H, W)`` to the same; Cb and Cr
  stay bicubic
- ``window``: RGB ``(N, 2 * radius + 1, 3, h, w)`` to the middle frame ``(N, 3, H, W)``; the clip's ends are repeated
- ``luma-window``: the same for Y, ``(N, 2 * radius + 1, 1, h, w)`` to ``(N, 1, H, W)``; Cb, Cr bicubic
- ``enlarged-window``: RGB bicubically enlarged, ``(N, 2 * radius + 1, 3, H, W)`` to ``(N, 3, H, W)``
- ``stereo-window``: a window of the left view, then one of the right, RGB ``(N, 4 * radius + 2, 3, h, w)``, to
  the middle frame of each ``(N, 2, 3, H, W)``
- ``clip``: RGB ``(N, T, 3, h, w)`` to ``(N, T, 3, H, W)``, the whole clip at once
- ``doubled-clip``: the same with a frame between every two, ``(N, T, 3, h, w)`` to ``(N, 2 T - 1, 3, H, W)``
"""


Value = str | int | float | bool | None
NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Feature:
    """The features of HR size that a network makes of a frame, before the last convolutions narrow them to an image."""

    module: str
    """Name of a module that sees or makes them, once for the whole batch or once a frame in their order."""
    side: Literal["input", "output"] = "input"
    """``output`` is for networks that shuffle pixels straight to an image: what is shuffled, 3 channels, stands in."""


@dataclass(frozen=True)
class Architecture:
    """A network as BasicSR's registry knows it, and what it looks at."""

    type: str
    """Name in BasicSR's ARCH_REGISTRY."""
    view: str = "frame"
    """What the network takes, see `VIEWS`."""
    arguments: Mapping[str, Any] = field(default_factory=lambda: NONE)
    """Arguments that are not options of the method."""
    options: Mapping[str, Value] = field(default_factory=lambda: NONE)
    """Arguments that are options of the method, as published; ``"6/6/6"`` is a list."""
    scale: str | None = None
    """Name of the argument that takes the scale factor; None if there is none."""
    radius: int = 0
    """For views of a window: neighbours on each side."""
    multiple: int = 1
    """The sides of the network's input are padded to a multiple of this, and the result is cropped."""
    least: int = 1
    """Least side of the LR frames; smaller ones are padded."""
    shortest: int = 1
    """For the view of a clip: least number of frames."""
    feature: Feature | None = None
    """What it can teach or be taught; None if it has no such features, or nobody said which."""

    @property
    def sees_clips(self) -> bool:
        """Whether it takes whole clips."""
        return self.view.endswith("clip")

    @property
    def views(self) -> int:
        """How many views of a clip it takes."""
        return views_shown(self.view)


COLOURS = MappingProxyType({"num_in_ch": 3, "num_out_ch": 3})
SWIN = MappingProxyType({"img_size": 64, "window_size": 8, "mlp_ratio": 2, "upsampler": "pixelshuffle"})
RRDB = MappingProxyType({"num_feat": 64, "num_block": 23, "num_grow_ch": 32})
HR, LAST = Feature("conv_hr"), Feature("conv_last")
SPYNET_SIDE = 33
"""SpyNet enlarges to a multiple of 32 and halves five times, and then needs 2 pixels."""


def _duf(num_layer: int, growth: int) -> Architecture:
    options = {"num_feat": 64, "num_grow_ch": growth, "num_hidden": 256, "adapt_official_weights": False}
    return Architecture("HarnessDUF", "window", {"num_layer": num_layer}, options, "scale", radius=3)


def _coloured(name: str, scale: str, feature: Feature, **options: Value) -> Architecture:
    return Architecture(name, arguments=COLOURS, options=options, scale=scale, feature=feature)


ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {
        "vdsr": Architecture(
            "VDSR",
            "enlarged-luma",
            options={"num_feat": 64, "num_layer": 20, "bias": False},
            feature=Feature("output"),
        ),
        "srresnet": _coloured("MSRResNet", "upscale", HR, num_feat=64, num_block=16),
        "srgan": Architecture(
            "SRResNet", options={"num_feat": 64, "num_block": 16}, scale="scale", feature=Feature("tail")
        ),
        "rcan": _coloured("RCAN", "upscale", LAST, num_feat=64, num_group=10, num_block=20, squeeze_factor=16),
        "edsr": _coloured("EDSR", "upscale", LAST, num_feat=256, num_block=32, res_scale=0.1),
        "esrgan": _coloured("RRDBNet", "scale", HR, **RRDB),
        "realesrgan": _coloured("RRDBNet", "scale", HR, **RRDB),
        "realsr": _coloured("RRDBNet", "scale", HR, **RRDB),
        "realesr-compact": _coloured(
            "SRVGGNetCompact", "upscale", Feature("upsampler", "output"), num_feat=64, num_conv=32, act_type="prelu"
        ),
        "span": Architecture(
            "HarnessSPAN", options={"num_feat": 48}, scale="scale", feature=Feature("enlarge", "output")
        ),
        "swinir": Architecture(
            "SwinIR",
            arguments=SWIN,
            options={"embed_dim": 180, "depths": "6/6/6/6/6/6", "num_heads": "6/6/6/6/6/6"},
            scale="upscale",
            multiple=8,
            feature=LAST,
        ),
        "duf16": _duf(16, 32),
        "duf28": _duf(28, 16),
        "duf52": _duf(52, 16),
        "spmc": Architecture(
            "SPMC", "luma-window", options={"num_feat": 32, "num_motion": 24}, scale="scale", radius=1
        ),
        "toflow": Architecture(
            "TOFlow", "enlarged-window", options={"adapt_official_weights": False}, radius=3, multiple=16
        ),
        "edvr": Architecture(
            "EDVR",
            "window",
            {**COLOURS, "num_frame": 5},
            {"num_feat": 128, "deformable_groups": 8, "num_extract_block": 5, "num_reconstruct_block": 40},
            radius=2,
            multiple=4,
            feature=HR,
        ),
        "basicvsr": Architecture(
            "BasicVSR", "clip", options={"num_feat": 64, "num_block": 30}, least=SPYNET_SIDE, shortest=2, feature=HR
        ),
        "dflow": Architecture(
            "DFlow", "clip", options={"num_feat": 64, "num_block": 2}, least=15, shortest=2, feature=Feature("tail")
        ),
        "tpsr": Architecture(
            "TPSR", "doubled-clip", options={"num_feat": 64, "num_block": 10, "num_refine": 16}, scale="scale"
        ),
        "svsrnet": Architecture(
            "SVSRNet",
            "stereo-window",
            options={
                "num_feat": 64,
                "deformable_groups": 8,
                "num_extract_block": 5,
                "num_reconstruct_block": 10,
                "variant": "released",
            },
            radius=1,
            multiple=4,
        ),
        "iconvsr": Architecture(
            "IconVSR",
            "clip",
            options={"num_feat": 64, "num_block": 30, "keyframe_stride": 5, "temporal_padding": 2},
            least=SPYNET_SIDE,
            multiple=4,
            shortest=7,
            feature=HR,
        ),
        "basicvsrpp": Architecture(
            "BasicVSRPlusPlus",
            "clip",
            {"cpu_cache_length": 1 << 30},  # beyond that many frames it would ask for a CUDA device
            {"mid_channels": 64, "num_blocks": 7},
            least=64,
            shortest=2,
            feature=HR,
        ),
    }
)


def frames_shown(view: str) -> int:
    """A network of a view is shown one LR frame of a training clip in so many."""
    return 2 if view == "doubled-clip" else 1


def views_shown(view: str) -> int:
    """How many views of a training clip a network is shown, here ``view`` being one of `VIEWS`."""
    return 2 if view.startswith("stereo") else 1


def architecture(name: str) -> Architecture:
    """The entry of a name. Raises `UnknownNameError` with close names."""
    if name not in ARCHITECTURES:
        raise UnknownNameError("architecture", name, ARCHITECTURES)
    return ARCHITECTURES[name]


def options_of(options: Mapping[str, Value]) -> Mapping[str, Value]:
    """The options of the network that option ``arch`` names: for a declaration's `more_options`."""
    return architecture(str(options["arch"])).options


def arguments_of(name: str, scale: int, options: Mapping[str, Any]) -> dict[str, Any]:
    """A method's network as BasicSR's option files describe it: its registered ``type`` and arguments.

    `options` are those that override the published ones; ``"6/6/6"`` stands for a list of whole numbers.
    """
    entry = architecture(name)
    factor = {entry.scale: scale} if entry.scale else {}
    chosen = {key: as_list(value) for key, value in {**entry.options, **options}.items()}
    return {"type": entry.type, **entry.arguments, **factor, **chosen}


def as_list(value: Any) -> Any:
    """``"6/6/6"`` as [6, 6, 6]; anything else unchanged."""
    if isinstance(value, str) and re.fullmatch(r"\d+(/\d+)+", value):
        return [int(part) for part in value.split("/")]
    return value
