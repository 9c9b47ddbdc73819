"""Where a training starts: random weights, or those of ``--init``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from harness.errors import UsageError
from harness.files import replacing, sha256
from harness.specs import OptionValue, SRMethodSpec
from harness.training.setting import Setting
from harness.weights.catalogue import find, installed_path
from harness.weights.loading import load_into
from harness_basicsr.networks import registered

FILE = "start.pth"


@dataclass(frozen=True)
class Start:
    """The weights that the first stage starts from."""

    name: str
    """As ``--init`` names them."""
    path: Path
    digest: str
    """The file's sha256."""
    options: Mapping[str, OptionValue] | None
    """Those of the network that the weights are for; None for a file, which does not say."""


def starting_point(init: str, arch: str, setting: Setting, given: str | None = None) -> Start:
    """The file that ``--init`` names, or else the weights of this tag that the method of the network's name has.

    `given` is what the user wrote, for errors, if it was not ``--init``.

    Raises `UsageError` if there is neither, and `WeightsMissingError` with the command that gets what is declared.
    """
    file = Path(init).expanduser()
    if file.is_file():
        return Start(file.name, file, sha256(file), None)
    scale = setting.scale
    spec = setting.registry.all(SRMethodSpec).get(arch)
    tags = dict.fromkeys(w.tag for w in spec.weights if w.scale in (None, scale)) if spec else {}
    if spec is None or init not in tags:
        known = ", ".join(tags) or "none"
        reason = f"no such file, and no tag of the x{scale} weights of {arch}; its tags: {known}"
        raise UsageError(f"{given or f'--init {init}'}: {reason}")
    weights = find(spec, init, scale=scale)
    return Start(f"{arch} {init}", installed_path(weights, arch), weights.sha256, weights.options)


def write_start(start: Start, network: Mapping[str, Any], folder: Path) -> Path:
    """Write the weights as BasicSR reads them, and return the file; `network` is BasicSR's section ``network_g``.

    Raises `WeightsError` if they do not fit the network.
    """
    built = registered.create(network)
    load_into(built, start.path, "--init must be weights of the network that is trained")
    target = folder / FILE
    with replacing(target) as temporary:
        torch.save({"params_ema": built.state_dict()}, temporary)
    return target
