"""Has the networks of basicsr's models compute as a recipe says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from harness.training.computing import ComputingRecipe
from harness.training.precision import prepare_network
from harness_basicsr import compat  # noqa: F401  (before basicsr)

from basicsr.models.base_model import BaseModel  # isort: skip

CALLS = ("forward", "forward_all", "flows", "restore")
"""Methods through which models call a network: most call the first, `SPMCModel` the next two, `DFlowModel` the last."""


@contextmanager
def computing_as(recipe: ComputingRecipe) -> Iterator[None]:
    """In this block, networks that are put on their device to learn compute so: restorers and discriminators.

    Losses stay as they are, in float32, the networks of perceptual ones included. Enter it after
    `harness_basicsr.training.distributed.parallel_pipeline`, which wraps the networks.
    """
    if not recipe.computing():
        yield
        return
    to_device = BaseModel.model_to_device

    def prepared(model: Any, network: nn.Module) -> nn.Module:
        calls = tuple(name for name in CALLS if hasattr(network, name))
        prepare_network(network, recipe, model.device, calls)
        found: nn.Module = to_device(model, network)
        return found

    BaseModel.model_to_device = prepared
    try:
        yield
    finally:
        BaseModel.model_to_device = to_device
