"""Networks compiled by torch.compile: in single precision the same results but for rounding, so no identity says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor, nn

from harness.errors import UsageError, one_line
from harness.memory import ran_out

_plainly: ContextVar[bool] = ContextVar("plainly", default=False)


def require_compiler(device: torch.device) -> None:
    """Compile next to nothing. Raises `UsageError` with torch's reason if that does not work on the device."""
    try:
        torch.compile(_next_to_nothing)(torch.ones(2, device=device))
    except Exception as error:  # whatever a compiler may lack
        raise UsageError(
            f"--compile: torch cannot compile for {device.type} here ({one_line(error)}); install what is "
            "missing, such as g++ or Triton, or leave --compile out"
        ) from error


def compile_network(owner: object) -> None:
    """Have torch compile the `network` of a method or recogniser when it is first called, or that network's `backbone`,
    where it has one; one that keeps neither is left as it is."""
    part = _part(owner)
    if part is not None:
        setattr(part, "forward", _Compiled(part.forward))  # noqa: B010  (mypy: a method)


def remark_on_compiling(owner: object) -> str | None:
    """Says that `owner` runs uncompiled, if it does although `compile_network` was asked for."""
    forward = getattr(_part(owner), "forward", None)
    return forward.remark if isinstance(forward, _Compiled) else None


@contextmanager
def uncompiled() -> Iterator[None]:
    """In this block compiled networks run as they are, for whoever watches their operations."""
    token = _plainly.set(True)
    try:
        yield
    finally:
        _plainly.reset(token)


class _Compiled:
    """Calls a function compiled, and from a failure of that on as it is."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.remark: str | None = None
        self._plain, self._compiled = function, torch.compile(function)

    def __call__(self, *given: Any, **named: Any) -> Any:
        if self.remark is not None or _plainly.get():
            return self._plain(*given, **named)
        try:
            return self._compiled(*given, **named)
        except Exception as error:  # a compiler's or the network's own: the plain call below tells
            if ran_out(error):
                raise
            why = one_line(error)
        found = self._plain(*given, **named)  # raises what is the network's own fault
        self.remark = f"its network runs uncompiled, because torch.compile failed: {why}"
        return found


def _part(owner: object) -> nn.Module | None:
    network = getattr(owner, "network", None)
    part = getattr(network, "backbone", network)
    return part if isinstance(part, nn.Module) else None


def _next_to_nothing(x: Tensor) -> Tensor:
    return x.sin() + 1
