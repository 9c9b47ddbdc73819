"""A plugin file whose methods repeat pixels, and misbehave on request."""

from __future__ import annotations

import ctypes
import os
import random
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from harness.hookspecs import hookimpl
from harness.specs import ProbeSpec, SRMethodSpec


def _handler(number: int, frame: object) -> None:
    """Does nothing."""


def _leave_modes() -> None:
    torch.device("meta").__enter__()


_kept: list[object] = []


def _change_inference() -> None:
    context = torch.inference_mode(not torch.is_inference_mode_enabled())
    context.__enter__()
    _kept.append(context)


def _draw() -> None:
    torch.manual_seed(7)
    np.random.seed(7)
    random.seed(7)


CHANGES: dict[str, Callable[[], object]] = {
    "default dtype": lambda: torch.set_default_dtype(torch.float64),
    "default device": lambda: torch.set_default_device("meta"),
    "modes": _leave_modes,
    "grad mode": lambda: torch.set_grad_enabled(not torch.is_grad_enabled()),
    "inference mode": _change_inference,
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16).__enter__(),
    "matmul precision": lambda: torch.set_float32_matmul_precision("medium"),
    "mkldnn": lambda: setattr(torch.backends.mkldnn, "enabled", False),
    "cudnn": lambda: setattr(torch.backends.cudnn, "benchmark", True),
    "deterministic": lambda: torch.use_deterministic_algorithms(True),
    "threads": lambda: torch.set_num_threads(torch.get_num_threads() + 1),
    "random numbers": _draw,
    "numpy errors": lambda: np.seterr(all="raise"),
    "warnings": lambda: warnings.simplefilter("error"),
    "folder": lambda: os.chdir("/"),
    "environment": lambda: os.environ.update(HOME="/nowhere", HARNESS_MISBEHAVED="1"),
    "signals": lambda: signal.signal(signal.SIGINT, _handler),
    "alarm": lambda: signal.setitimer(signal.ITIMER_REAL, 0.5),
    "recursion": lambda: sys.setrecursionlimit(150),
    "stdout": lambda: sys.stdout.close(),
    "descriptor": lambda: os.close(1),
    "stdout replaced": lambda: setattr(sys, "stdout", None),
}


class _Silent(Exception):
    def __str__(self) -> str:
        raise SystemExit(0)


class _Own(BaseException):
    """Nobody's Exception."""


def _raise(error: BaseException) -> None:
    raise error


def _fill_memory() -> None:
    taken = []
    while True:
        taken.append(np.ones(1 << 23))
        time.sleep(0.02)


DEEDS: dict[str, Callable[[], object]] = {
    **CHANGES,
    "nothing": lambda: None,
    "sys.exit": lambda: sys.exit(0),
    "os._exit": lambda: os._exit(0),
    "KeyboardInterrupt": lambda: _raise(KeyboardInterrupt()),
    "GeneratorExit": lambda: _raise(GeneratorExit()),
    "BaseException": lambda: _raise(_Own("mine")),
    "silent": lambda: _raise(_Silent()),
    "surrogate": lambda: _raise(ValueError("\ud800")),
    "fork": lambda: os.fork(),
    "_exit": lambda: ctypes.CDLL(None)._exit(0),
    "segfault": lambda: ctypes.string_at(0),
    "abort": lambda: os.abort(),
    "sleep": lambda: time.sleep(3600),
    "memory": _fill_memory,
}
RESULTS: dict[str, Callable[[Tensor], object]] = {
    "uint8": lambda sr: (sr * 255).to(torch.uint8),
    "int64": lambda sr: (sr * 255).long(),
    "0..255": lambda sr: sr * 255,
    "numpy": lambda sr: sr.numpy(),
    "None": lambda sr: None,
    "infinite": lambda sr: sr / 0,
}


class Misbehaving:
    """Repeats pixels; does a deed in its constructor or in a call, or spoils what it returns."""

    def __init__(
        self, *, scale: int, device: torch.device, weights: None, deed: str, built: str, result: str, brightness: float
    ) -> None:
        self.scale, self.deed, self.result, self.brightness = scale, deed, result, brightness
        DEEDS[built]()

    def upscale(self, lr: Tensor, frames: Sequence[int]) -> object:
        sr = lr[list(frames)].repeat_interleave(self.scale, -1).repeat_interleave(self.scale, -2)
        if float(lr.mean()) < self.brightness:
            return sr
        DEEDS[self.deed]()
        return RESULTS[self.result](sr) if self.result else sr


class FarSighted(Misbehaving):
    temporal_radius = 10**9


class Drawing(Misbehaving):
    """Its frames are those of three generators that it does not seed."""

    def upscale(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
        sr = super().upscale(lr, frames)
        assert isinstance(sr, Tensor)
        return sr * 0.5 + 0.1 * torch.rand(sr.shape) + 0.1 * np.random.rand() + 0.1 * random.random()


class Fragile:
    """A probe that does a deed."""

    def __init__(self, *, scale: int, deed: str) -> None:
        self.deed = deed

    def wants(self, num_frames: int) -> object:
        from harness.contracts import Wants

        return Wants((0,))

    def measure(self, sample: object) -> object:
        from harness.contracts import Measurement

        DEEDS[self.deed]()
        return Measurement({"fragile": np.float32(1.5)})


@hookimpl
def harness_sr_methods() -> Iterable[SRMethodSpec]:
    options = {"deed": "nothing", "built": "nothing", "result": "", "brightness": 0.0}
    for name, factory in {"bad": Misbehaving, "far": FarSighted, "drawing": Drawing}.items():
        yield SRMethodSpec(name, "misbehaves on request", f"{__name__}:{factory.__name__}", options=options)


@hookimpl
def harness_probes() -> Iterable[ProbeSpec]:
    yield ProbeSpec("fragile", "misbehaves on request", f"{__name__}:Fragile", options={"deed": "nothing"})
