"""Networks that learn in half precision or with channels innermost in memory, as a recipe says."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
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
    and return float32, so that losses are computed in float32; weights and their gradients are float32 too. On a
    processor, depthwise convolutions compute in float32 all the same.
    """
    if recipe.channels_last:
        convert_conv2d_weight_memory_format(network, torch.channels_last)
        convert_conv3d_weight_memory_format(network, torch.channels_last_3d)
    if recipe.precision != FULL:
        if not computes_bf16(device):
            _warn_once()
        if device.type == "cpu":
            _keep_depthwise_full(network)
        for name in calls:
            setattr(network, name, _halved_in_training(network, getattr(network, name), recipe.precision, device))


def _keep_depthwise_full(network: nn.Module) -> None:
    """Depthwise convolutions compute in float32: on a processor their backward pass takes up to ten times as long in
    bf16."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Conv3d) and layer.groups == layer.in_channels > 1:
            setattr(layer, "forward", _in_full(layer.forward))  # noqa: B010  (mypy: a method)


def _in_full(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    @wraps(function)
    def call(x: Tensor) -> Tensor:
        with torch.autocast("cpu", enabled=False):
            return function(x.float())

    return call


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
