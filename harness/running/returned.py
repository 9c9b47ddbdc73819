"""What comes back from a plugin is looked at before anything is computed from it."""

from __future__ import annotations

import torch
from torch import Tensor

from harness.errors import ContractError
from harness.transfer import extremes

FAR = 10.0
"""Frames in [0, 1] overshoot, but not so far; frames in 0..255 do."""


def check_frames(caller: str, frames: object, expected: tuple[int, ...]) -> Tensor:
    """The frames that `caller` returned, if they are floating point, of the shape that is expected, finite, and
    nowhere far outside [0, 1]. Raises `ContractError` otherwise. Waits for the device."""
    checked = _floating(caller, frames, f"values in [0, 1] of shape {expected}")
    if tuple(checked.shape) != expected:
        raise ContractError(f"{caller} returned shape {tuple(checked.shape)}; expected {expected}")
    least, most = _finite(caller, checked)
    if least < -FAR or most > 1 + FAR:
        raise ContractError(
            f"{caller} returned values from {least:.4g} to {most:.4g}; expected [0, 1], where 1 is white and a little "
            "more or less is cut off: divide by 255 what is in 0..255"
        )
    return checked


def check_flow(flow: object, expected: tuple[int, ...]) -> Tensor:
    """The flow that an estimator returned, likewise: floating point, of the expected shape, finite."""
    checked = _floating("flow", flow, f"pixels of shape {expected}")
    if tuple(checked.shape) != expected:
        raise ContractError(f"flow returned shape {tuple(checked.shape)}; expected {expected}")
    _finite("flow", checked)
    return checked


def _floating(caller: str, values: object, wanted: str) -> Tensor:
    if not isinstance(values, Tensor):
        raise ContractError(f"{caller} returned a {type(values).__name__}; expected a tensor of {wanted}")
    if not values.is_floating_point():
        kind = str(values.dtype).removeprefix("torch.")
        raise ContractError(f"{caller} returned {kind} numbers; expected floating point, {wanted}")
    return values


def _finite(caller: str, values: Tensor) -> tuple[float, float]:
    """The least and the greatest value. Raises `ContractError` if one is NaN or infinite."""
    least, most = extremes(values)
    if not (abs(least) < float("inf") and abs(most) < float("inf")):
        bad = int((~torch.isfinite(values)).sum())
        raise ContractError(f"{caller} returned {bad} values that are NaN or infinite")
    return least, most
