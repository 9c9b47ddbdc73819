"""Factories of the SR methods whose networks come from BasicSR, or are built to its conventions.

Every name of `declared.architectures.ARCHITECTURES` is a factory here, ``harness_basicsr.networks:rcan`` for
instance; `build` takes the name as an option, and `build_any` takes any architecture of BasicSR's registry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from math import gcd
from pathlib import Path
from typing import Any

import torch

from harness.errors import UnknownNameError, UsageError, WeightsMissingError
from harness.methods import ClipNetwork, FrameNetwork, LumaNetwork, WindowNetwork
from harness.specs import COPY, OF_CLIP
from harness.weights.loading import load_into
from harness_basicsr.declared.architectures import (
    ARCHITECTURES,
    VIEWS,
    Architecture,
    Value,
    architecture,
    arguments_of,
    as_list,
)
from harness_basicsr.networks import registered
from harness_basicsr.networks.views import (
    BlackEndsNetwork,
    CopiedViewNetwork,
    DoubledClipNetwork,
    EnlargedWindowNetwork,
    LumaWindowNetwork,
    StereoNetwork,
)

WRAPPERS: Mapping[str, Callable[..., FrameNetwork]] = {
    "frame": FrameNetwork,
    "enlarged-luma": LumaNetwork,
    "window": WindowNetwork,
    "luma-window": LumaWindowNetwork,
    "enlarged-window": EnlargedWindowNetwork,
    "stereo-window": StereoNetwork,
    "clip": ClipNetwork,
    "doubled-clip": DoubledClipNetwork,
}
COLOURS = ("num_in_ch", "num_out_ch", "in_chans", "in_channels", "out_channels")
SCALES = ("scale", "upscale")


def build(
    *,
    arch: str,
    scale: int,
    device: torch.device,
    weights: Path | None,
    checkpoint: str | None = None,
    black_ends: bool = False,
    second_view: str = OF_CLIP,
    **options: Value,
) -> FrameNetwork:
    """The SR method of an entry of `ARCHITECTURES`; `options` are its network's, as published unless given.

    `checkpoint` is the user's own weights file and overrides `weights`. With `black_ends` the frames of a window that
    lie beyond the ends of the clip are black instead of repeated. A network of two views is given the left one twice
    with `second_view` ``copy``.
    Raises `UnknownNameError` for an unknown name or option, `WeightsMissingError`, and `WeightsError` for weights that
    do not fit the network.
    """
    path = Path(checkpoint).expanduser() if checkpoint else weights
    entry = architecture(arch)
    wrapper = BlackEndsNetwork if black_ends else WRAPPERS[entry.view]
    if second_view not in (OF_CLIP, COPY):
        raise UnknownNameError("value of second_view", second_view, (OF_CLIP, COPY))
    if second_view == COPY:
        wrapper = CopiedViewNetwork
    return _wrapped(entry, arguments_of(arch, scale, options), path, scale, device, wrapper)


def build_any(
    *,
    arch: str | None,
    scale: int,
    device: torch.device,
    weights: Path | None,
    view: str | None = None,
    radius: int | None = None,
    **options: Value,
) -> FrameNetwork:
    """Any architecture of BasicSR's registry with a file of weights.

    `options` are its arguments as text or numbers; None stands for the architecture's default, or for numbers of
    channels, for what the view implies. The scale factor is `scale`. `view` and `radius` are known for the networks of
    `ARCHITECTURES`; any other takes single frames unless told otherwise. Raises as `build` does.
    """
    if arch is None:
        raise UsageError("no architecture; give arch=NAME, a name in BasicSR's registry, such as arch=RRDBNet")
    entry = _entry_of_type(arch, view)
    defaults = registered.defaults_of(arch)
    colours = 1 if "luma" in entry.view else 3
    filled = dict.fromkeys(COLOURS, colours) | dict.fromkeys(SCALES, scale)
    given = {key: as_value(value) for key, value in options.items() if value is not None}
    arguments = {key: value for key, value in filled.items() if key in defaults} | given
    wanted = {**defaults, **arguments}
    entry = replace(
        entry,
        radius=int(wanted.get("num_frame", 2 * entry.radius + 1)) // 2 if radius is None else int(radius),
        multiple=int(wanted.get("window_size", entry.multiple)),
    )
    return _wrapped(entry, {"type": arch, **arguments}, weights, scale, device, WRAPPERS[entry.view])


def options_of_any(options: Mapping[str, Value]) -> dict[str, Value]:
    """The arguments of the architecture that option ``arch`` names, and their defaults where these are plain values."""
    if options.get("arch") is None:
        return {}
    defaults = registered.defaults_of(str(options["arch"]))
    plain = {key: value if isinstance(value, bool | int | float | str) else None for key, value in defaults.items()}
    return {key: None if key in COLOURS else value for key, value in plain.items() if key not in SCALES}


def as_value(value: Value) -> Any:
    """Text as the number, truth value or list ``"6/6/6"`` that it looks like; anything else unchanged."""
    if not isinstance(value, str):
        return value
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    if re.fullmatch(r"[+-]?\d+", value):
        return int(value)
    if re.fullmatch(r"[+-]?(\d+\.\d*|\.?\d+)(e[+-]?\d+)?", value, re.IGNORECASE):
        return float(value)
    return as_list(value)


def __getattr__(name: str) -> Callable[..., FrameNetwork]:
    """`build` for one architecture."""
    if name not in ARCHITECTURES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return partial(build, arch=name)


def _entry_of_type(arch: str, view: str | None) -> Architecture:
    """What is known about an architecture of this type, with another view if one is given."""
    if view is not None and view not in VIEWS:
        raise UnknownNameError("view", view, VIEWS)
    known = "HarnessDUF" if arch == "DUF" else arch
    entry = next((entry for entry in ARCHITECTURES.values() if entry.type == known), Architecture(arch))
    return entry if view is None else replace(entry, view=view)


def _wrapped(
    entry: Architecture, arguments: Mapping[str, Any], path: Path | None, scale: int, device: torch.device,
    wrapper: Callable[..., FrameNetwork],
) -> FrameNetwork:  # fmt: skip
    """The network with its weights, wrapped in a class for its view."""
    if path is None:
        raise WeightsMissingError(f"{entry.type} needs weights: checkpoint=FILE, or weights=FILE for `basicsr`")
    network = registered.create(arguments)
    if not entry.view.endswith(("window", "clip")):
        network = network.to(memory_format=torch.channels_last)  # a quarter to a half less time on a CPU
    load_into(network, path, f"{_in_words(arguments)} must be those that it was trained with")
    more: dict[str, int] = {}
    if entry.view.endswith("window"):
        more["radius"] = entry.radius
    if entry.sees_clips:
        more["shortest"] = entry.shortest
    enlarged = entry.view.startswith("enlarged")
    multiple = entry.multiple // gcd(entry.multiple, scale) if enlarged else entry.multiple
    return wrapper(network, scale=scale, device=device, multiple=multiple, least=entry.least, **more)


def _in_words(arguments: Mapping[str, Any]) -> str:
    """What may be the reason if weights do not fit: the scale, the width and whatever else shapes the network."""
    return "its " + ", ".join(f"{key}={value}" for key, value in arguments.items() if key != "type")
