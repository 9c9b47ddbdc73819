"""Every architecture by its name in BasicSR's registry, the project's own included; cures BasicSR's faults."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from torch import nn

from harness.errors import UnknownNameError
from harness_basicsr import compat
from harness_basicsr.networks import (  # noqa: F401  (they register)
    dflow_arch,
    duf_arch,
    span_arch,
    spmc_arch,
    srresnet_arch,
    svsrnet_arch,
    tpsr_arch,
    vdsr_arch,
)

from basicsr.archs import ARCH_REGISTRY  # isort: skip

compat.align_on_any_device()
compat.measure_every_frame_of_a_clip()
compat.hear_of_meshgrid_now()

SUFFIX = "_basicsr"
"""BasicSR registers some names with this suffix and finds them without it."""


def find_class(name: str) -> type[nn.Module]:
    """The class registered under a name. Raises `UnknownNameError` with close names."""
    known: dict[str, type[nn.Module]] = {key.removesuffix(SUFFIX): value for key, value in ARCH_REGISTRY}
    if name not in known:
        raise UnknownNameError("architecture of BasicSR's registry", name, known)
    return known[name]


def defaults_of(name: str) -> dict[str, Any]:
    """The arguments of an architecture with their defaults, None if there is none.

    Raises `UnknownNameError` for an unknown name.
    """
    parameters = inspect.signature(find_class(name)).parameters.values()
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return {p.name: None if p.default is p.empty else p.default for p in named}


def create(arguments: Mapping[str, Any]) -> nn.Module:
    """The network that a section ``network_g`` of BasicSR's option files describes, with random weights.

    Raises `UnknownNameError` for an unknown ``type`` or argument.
    """
    name = str(arguments["type"])
    given = {key: value for key, value in arguments.items() if key != "type"}
    known = defaults_of(name)
    for key in given:
        if key not in known:
            raise UnknownNameError(f"option of {name}", key, known)
    return find_class(name)(**given)
