"""Weights of I3D up to its features, for frames and for flow."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from harness.errors import UsageError, WeightsError
from harness.weights.catalogue import installed_path
from harness.weights.loading import fill, load_state
from harness_i3d import KINETICS
from harness_i3d.checkpoints import STEM, STREAMS
from harness_i3d.network import I3D, NARROWEST

AFTER = ("logits.", "attention.", "classes.")
"""What follows the features, in I3D and in the recognisers over them."""
FIRST = 64
"""Channels of I3D's first layer as published."""
HINT = "it must be of I3D over Inception"


def kinetics_file(narrow: int) -> Path:
    """DeepMind's weights for Kinetics-400.

    Raises `UsageError` for a network of other widths, and `WeightsMissingError` with the command that gets them.
    """
    if narrow != 1:
        raise UsageError(f"recipe of attentive: no Kinetics weights fit narrow={narrow}; write start: scratch")
    return installed_path(KINETICS, "i3d")


def start_from_kinetics(backbone: I3D, file: Path) -> None:
    """Load I3D's weights for RGB, without those of its classes; for flow as `backbone_state` says."""
    fill(backbone, backbone_state(file, backbone.Conv3d_1a_7x7.conv3d.in_channels), file, HINT)


def backbone_of(file: Path, channels: int) -> I3D:
    """I3D without its classes, as wide as a file's, for clips of `channels` channels.

    The file may be one of I3D or of `harness_attentive.network.Attentive`. Raises as `backbone_state` does.
    """
    state = backbone_state(file, channels)
    narrow = next((n for n in range(1, NARROWEST + 1) if n * len(state[STEM]) == FIRST and not NARROWEST % n), None)
    if narrow is None:
        raise WeightsError(f"{file}: its first layer has {len(state[STEM])} channels; {HINT}, or narrower by 2, 4 or 8")
    network = I3D(1, channels, narrow)
    del network.logits
    fill(network, state, file, HINT)
    return network


def backbone_state(file: Path, channels: int) -> dict[str, Tensor]:
    """The weights in a file that make I3D's features of clips of `channels` channels.

    Those for RGB serve flow as well: its first kernels are their mean over RGB, times 3/2 for its two channels. Raises
    `WeightsError` for a file of another network, and for one for flow where frames are seen.
    """
    state = {
        key.removeprefix("backbone."): value for key, value in load_state(file).items() if not key.startswith(AFTER)
    }
    if STEM not in state or state[STEM].ndim != 5:
        raise WeightsError(f"{file}: not weights of I3D over Inception: it has no 3D kernel {STEM}")
    given = state[STEM].shape[1]
    if given < channels:
        raise WeightsError(f"{file}: is for {STREAMS.get(given, f'{given} channels')}, not for {STREAMS[channels]}")
    if given != channels:
        state[STEM] = state[STEM].mean(dim=1, keepdim=True).repeat(1, channels, 1, 1, 1) * 3 / channels
    return state
