"""Cures for faults of basicsr 1.4.2; import from here before anything of basicsr is imported."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

GONE = "torchvision.transforms.functional_tensor"


def alias_functional_tensor() -> None:
    """basicsr imports a module that left torchvision in 0.17 (XPixelGroup/BasicSR #533, #663); give it back."""
    if GONE in sys.modules:
        return
    from torchvision.transforms.functional import rgb_to_grayscale

    module = ModuleType(GONE)
    vars(module)["rgb_to_grayscale"] = rgb_to_grayscale
    sys.modules[GONE] = module


@contextmanager
def command_line(options: Path) -> Iterator[None]:
    """basicsr's `train_pipeline` takes its option file from ``sys.argv`` alone; show it one for a while."""
    before = sys.argv
    sys.argv = [before[0], "-opt", str(options)]
    try:
        yield
    finally:
        sys.argv = before


def load_resume_state(opt: Mapping[str, Any]) -> dict[str, Any] | None:
    """What basicsr's function of this name does, which asks for a CUDA device even with ``num_gpu: 0``.

    The state is read with ``weights_only=True``.
    """
    import torch
    from basicsr.utils import check_resume

    path = opt["path"].get("resume_state")
    if not path:
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    check_resume(opt, state["iter"])
    return state


@contextmanager
def resume_on_any_device() -> Iterator[None]:
    """Let basicsr's pipeline resume on the CPU as well."""
    import basicsr.train as pipeline

    original = pipeline.load_resume_state
    pipeline.load_resume_state = load_resume_state
    try:
        yield
    finally:
        pipeline.load_resume_state = original


@contextmanager
def own_log_file() -> Iterator[None]:
    """basicsr opens a log file for the first training of a process only; make every training the first."""
    _forget_logger()
    try:
        yield
    finally:
        _forget_logger()


def _forget_logger() -> None:
    from basicsr.utils.logger import initialized_logger

    logger = logging.getLogger("basicsr")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    initialized_logger.pop("basicsr", None)


alias_functional_tensor()
