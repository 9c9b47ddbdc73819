"""SpyNet, the flow inside BasicVSR and its kin, as an estimator of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from harness.weights.loading import fill, load_state
from harness_basicsr.declared.architectures import SPYNET_SIDE
from harness_basicsr.networks import registered
from harness_optical_flow.network import NetworkFlow, chosen_file

PART = "spynet."
"""What BasicSR's video networks call their SpyNet."""
CONSTANTS = ("mean", "std")
"""Of ImageNet's colours: SpyNet's own file lacks them."""
HINT = f"expected BasicSR's SpyNet, or a network of BasicSR's that has one as {PART}*, such as BasicVSR"


def build_spynet(*, device: torch.device, weights: Path | None, checkpoint: str | None = None) -> NetworkFlow:
    """SpyNet (Ranjan and Black, CVPR 2017) as BasicSR has it; `checkpoint` is the user's file.

    The file is SpyNet's own, or that of a network which has one inside, such as BasicVSR. Frames are resized to
    multiples of 32 by the network itself. Raises `WeightsMissingError` without a file, and `WeightsError` for one that
    does not fit.
    """
    path = chosen_file("spynet", checkpoint, weights)
    network = registered.create({"type": "SpyNet"})
    fill(network, spynet_in(path, network.state_dict()), path, HINT)
    return NetworkFlow(network, device=device, least=SPYNET_SIDE)


def spynet_in(path: Path, own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state of a SpyNet in a file, whether it is the file's network or a part of that; `own` is the network's."""
    within = {f"{PART}{key}": value for key, value in own.items()}
    state = load_state(path, like={**own, **within})
    inside = {key.removeprefix(PART): value for key, value in state.items() if key.startswith(PART)}
    return inside or {**{key: own[key] for key in CONSTANTS}, **state}
