"""What all code of a process shares, as settings that can be read and put back."""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import overrides
from torch.utils import _python_dispatch as dispatching

NAMES = ("INT", "TERM", "HUP", "ALRM", "CHLD", "PIPE", "USR1", "USR2")
SIGNALS = tuple(getattr(signal, f"SIG{name}") for name in NAMES)
FLAGS = (
    "cudnn.enabled", "cudnn.benchmark", "cudnn.deterministic", "cudnn.allow_tf32", "cuda.matmul.allow_tf32",
    "cuda.matmul.allow_fp16_reduced_precision_reduction", "cuda.matmul.allow_bf16_reduced_precision_reduction",
    "mkldnn.enabled", "fp32_precision", "cuda.matmul.fp32_precision", "cudnn.conv.fp32_precision",
    "cudnn.rnn.fp32_precision", "mkldnn.matmul.fp32_precision", "mkldnn.conv.fp32_precision",
    "mkldnn.rnn.fp32_precision",
)  # fmt: skip
"""Of `torch.backends`. Precisions below others inherit from them, so they come later."""
ERRORS, FILTERS, ENVIRONMENT = "numpy's error state", "the filters of warnings", "the environment"
BY_IMPORTS = (ERRORS, FILTERS, ENVIRONMENT)
"""What libraries change as a matter of course when they are imported."""
_entered: list[object] = []
"""Contexts that were entered to undo others; they would end with their objects."""


@dataclass(frozen=True)
class Setting:
    """`name` in words; `put` is given what `get` returned before."""

    name: str
    get: Callable[[], Any]
    put: Callable[[Any], object]


def read(settings: Sequence[Setting]) -> list[Any]:
    """The values of settings now."""
    return [setting.get() for setting in settings]


def restore(settings: Sequence[Setting], now: Sequence[Any], wanted: Sequence[Any]) -> list[str]:
    """Put settings back to what is wanted; the names of those that were not so."""
    if now == wanted:
        return []
    changed = [setting.name for setting, one, other in zip(settings, now, wanted, strict=True) if one != other]
    for setting, value in zip(settings, wanted, strict=True):
        if setting.get() != value:  # read again, as some follow from others
            with suppress(RuntimeError, OSError, ValueError):  # what cannot be put back does not stop the rest
                setting.put(value)
    return changed


def _default_device(device: torch.device) -> None:
    # the CPU is the default without a default, which is faster
    torch.set_default_device(None if device.type == "cpu" else device)


def _pop(length: Callable[[], int], pop: Callable[[], object], wanted: int) -> None:
    while length() > wanted:
        pop()


def _inference(enabled: bool) -> None:
    context = torch.inference_mode(enabled)
    context.__enter__()
    _entered.append(context)


def _matmul_precision() -> str | None:
    try:
        return torch.get_float32_matmul_precision()
    except RuntimeError:  # it was set in two ways that contradict each other
        return None


def _autocast(device: str) -> tuple[bool, torch.dtype]:
    return torch.is_autocast_enabled(device), torch.get_autocast_dtype(device)


def _put_autocast(device: str, value: tuple[bool, torch.dtype]) -> None:
    torch.set_autocast_enabled(device, value[0])
    torch.set_autocast_dtype(device, value[1])
    torch.clear_autocast_cache()


def _autocast_depth() -> int:
    depth = torch.autocast_increment_nesting() - 1
    torch.autocast_decrement_nesting()
    return int(depth)


def _leave_autocast() -> None:
    # casts of weights are kept until the outermost block ends, even of weights that have changed since
    torch.autocast_decrement_nesting()
    torch.clear_autocast_cache()


def _deterministic() -> tuple[bool, bool]:
    return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()


def _flag(path: str) -> Setting | None:
    """A setting of `torch.backends`; None if this version of torch lacks it."""
    owner: Any = torch.backends
    *parents, name = path.split(".")
    try:
        for parent in parents:
            owner = getattr(owner, parent)
        getattr(owner, name)
    except (AttributeError, RuntimeError):
        return None
    return Setting(f"torch.backends.{path}", partial(_read_flag, owner, name), partial(setattr, owner, name))


def _read_flag(owner: object, name: str) -> Any:
    try:
        return getattr(owner, name)
    except RuntimeError:  # precisions that contradict each other
        return None


def _folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it was deleted
        return None


def _environment() -> dict[Any, Any]:
    # what os.environ wraps: to decode all of it would take longer than everything else here
    return dict(vars(os.environ)["_data"])


def _put_environment(wanted: dict[Any, Any]) -> None:
    for key in vars(os.environ)["_data"].keys() - wanted.keys():
        os.environb.pop(key, None)
    os.environb.update(wanted)


def _handlers() -> list[Any]:
    return [signal.getsignal(number) for number in SIGNALS]


def _put_handlers(wanted: Sequence[Any]) -> None:
    if not _is_main():  # no other thread may set one, so none has
        return
    for number, handler in zip(SIGNALS, wanted, strict=True):
        if handler is not None and signal.getsignal(number) != handler:
            signal.signal(number, handler)


def _alarm() -> bool:
    return bool(signal.getitimer(signal.ITIMER_REAL)[0])


def _stop_alarm(wanted: bool) -> None:
    if not wanted:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _put_filters(wanted: Sequence[Any]) -> None:
    warnings.filters[:] = wanted  # type: ignore[index]


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


THREADS = (
    Setting("torch's autocast depth", _autocast_depth, partial(_pop, _autocast_depth, _leave_autocast)),
    Setting("torch's inference mode", torch.is_inference_mode_enabled, _inference),
    Setting("torch's grad mode", torch.is_grad_enabled, torch.set_grad_enabled),
    Setting(
        "torch's function modes", torch._C._len_torch_function_stack,
        partial(_pop, torch._C._len_torch_function_stack, overrides._pop_mode),
    ),
    Setting(
        "torch's dispatch modes", torch._C._len_torch_dispatch_stack,
        partial(_pop, torch._C._len_torch_dispatch_stack, dispatching._pop_mode),
    ),
)  # fmt: skip
"""What holds for the calls in a thread, one inside another, and is put back to what it was before each."""
SHARED = (
    Setting("torch's default device", torch.get_default_device, _default_device),
    Setting("torch's default dtype", torch.get_default_dtype, torch.set_default_dtype),
    Setting("torch's matmul precision", _matmul_precision, torch.set_float32_matmul_precision),
    *(setting for setting in map(_flag, FLAGS) if setting is not None),
    *(Setting(f"torch's autocast on {d}", partial(_autocast, d), partial(_put_autocast, d)) for d in ("cpu", "cuda")),
    Setting("torch's autocast cache", torch.is_autocast_cache_enabled, torch.set_autocast_cache_enabled),
    Setting(
        "torch's deterministic algorithms", _deterministic,
        lambda value: torch.use_deterministic_algorithms(value[0], warn_only=value[1]),
    ),
    Setting("torch's number of threads", torch.get_num_threads, torch.set_num_threads),
    Setting(ERRORS, np.geterr, lambda value: np.seterr(**value)),
    Setting(FILTERS, lambda: list(warnings.filters), _put_filters),
    Setting("how warnings are shown", lambda: warnings.showwarning, partial(setattr, warnings, "showwarning")),
    Setting("the working directory", _folder, os.chdir),
    Setting(ENVIRONMENT, _environment, _put_environment),
    Setting("signal handlers", _handlers, _put_handlers),
    Setting("an alarm", _alarm, _stop_alarm),
    Setting("the recursion limit", sys.getrecursionlimit, sys.setrecursionlimit),
)  # fmt: skip
"""What holds for everything, and is the same at the beginning of every call."""
