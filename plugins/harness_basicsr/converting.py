"""Checkpoints of other libraries' formats into the keys of networks here."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from harness.errors import WeightsError
from harness.weights.ncnn import read_ncnn
from harness_basicsr.declared.architectures import arguments_of
from harness_basicsr.networks.registered import create


def rrdb_of_ncnn(path: Path) -> dict[str, Tensor]:
    """The state of the x4 RRDBNet in a model of ncnn, whose layers are in the order of the network's.

    `path` is the file with the numbers; its graph is beside it. Weights are float16, as there, and biases float32.
    Raises `WeightsError` if it is a model of another network.
    """
    with torch.device("meta"):
        like = create(arguments_of("esrgan", 4, {})).state_dict()
    found = read_ncnn(path.with_suffix(".param"), path)
    if [value.shape for value in found.values()] != [value.shape for value in like.values()]:
        raise WeightsError(f"{path}: is not a model of ESRGAN's x4 network, whose layers have other shapes")
    return dict(zip(like, found.values(), strict=True))
