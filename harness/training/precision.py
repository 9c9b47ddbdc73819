"""Networks that learn in half precision or with channels innermost in memory, as a recipe says."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, TypeVar

import torch
from torch import nn
from torch.nn.utils import convert_conv2d_weight_memory_format, convert_conv3d_weight_memory_format

from harness.planning.computing import FULL
from harness.running.precision import halved
from harness.terminal import tell
from harness.training.computing import ComputingRecipe
from harness.training.hardware import computes_bf16

T = TypeVar("T")


def prepare_network(
    network: nn.Module, recipe: ComputingRecipe, device: torch.device, calls: tuple[str, ...] = ("forward",)
) -> None:
    """Have a network compute as the recipe says, before it learns and before it is wrapped for several processes.

    `calls` are the methods through which it is called. While it is in training mode they compute in half precision,
    and return float32, so that losses are computed in float32; weights and their gradients are float32 too.
    """
    if recipe.channels_last:
        convert_conv2d_weight_memory_format(network, torch.channels_last)
        convert_conv3d_weight_memory_format(network, torch.channels_last_3d)
    if recipe.precision != FULL:
        if not computes_bf16(device):
            _warn_once()
        for name in calls:
            setattr(network, name, _halved_in_training(network, getattr(network, name), recipe.precision, device))


@cache
def _warn_once() -> None:
    tell(
        "note: this processor has no instructions for bf16, so training takes up to ten times as long; "
        "leave `precision: bf16` out of a copy of the recipe, and name that with --recipe",
        style="yellow",
        err=True,
    )


def _halved_in_training(
    network: nn.Module, function: Callable[..., T], precision: str, device: torch.device
) -> Callable[..., T]:
    half = halved(function, precision, device)

    @wraps(function)
    def call(*given: Any, **named: Any) -> T:
        return (half if network.training else function)(*given, **named)

    return call
