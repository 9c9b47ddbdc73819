"""Networks in half precision, by torch's autocast: what goes in and what comes out stays float32."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map

from harness.contracts import SRMethod, StreamRecognizer
from harness.errors import UsageError

T = TypeVar("T")
TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def halve_method(method: SRMethod, precision: str, device: torch.device) -> None:
    """Have a method's `network` compute in ``bf16`` or ``fp16`` from now on; colours and resizing around it do not.

    Raises `UsageError` if it keeps no network in that attribute.
    """
    network = getattr(method, "network", None)
    if not isinstance(network, nn.Module):
        raise UsageError(
            f"--precision {precision}: {type(method).__name__} keeps no network in the attribute `network`, so only "
            "fp32 is known to work; use --precision fp32 for it"
        )
    setattr(network, "forward", halved(network.forward, precision, device))  # noqa: B010  (mypy: a method)


def halve_recognizer(recognizer: StreamRecognizer, precision: str, device: torch.device) -> StreamRecognizer:
    """The recogniser with scores from networks in half precision."""
    return _HalfRecognizer(recognizer, precision, device)


def halved(function: Callable[..., T], precision: str, device: torch.device) -> Callable[..., T]:
    """`function` under autocast; the tensors that it returns are float32."""

    @wraps(function)
    def call(*given: Any, **named: Any) -> T:
        with torch.autocast(device.type, TYPES[precision]):
            found = function(*given, **named)
        result: T = tree_map(lambda value: value.float() if _is_half(value) else value, found)
        return result

    return call


def _is_half(value: object) -> bool:
    return isinstance(value, Tensor) and value.dtype in TYPES.values()


class _HalfRecognizer:
    """Passes everything on to a recogniser, its scores under autocast."""

    def __init__(self, recognizer: StreamRecognizer, precision: str, device: torch.device) -> None:
        self.wants = recognizer.wants
        self.network: object = getattr(recognizer, "network", None)
        self.scores = halved(recognizer.scores, precision, device)
        of_streams = getattr(recognizer, "stream_scores", None)
        if of_streams is not None:
            self.stream_scores = halved(of_streams, precision, device)
