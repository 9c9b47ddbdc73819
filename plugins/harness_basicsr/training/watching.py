"""Watches BasicSR's pipeline: losses, validations, saved files; and keeps its console quiet."""

from __future__ import annotations

import io
import logging
import math
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, Protocol

from harness.errors import HarnessError
from harness_basicsr import compat  # noqa: F401  (before basicsr)


class Listener(Protocol):
    """What is told about a stage as it runs, such as `harness.training.display.LineDisplay`."""

    def step(self, iteration: int, losses: Mapping[str, float]) -> None:
        """After each iteration, with what BasicSR logs of it."""

    def validated(self, value: float, best: float) -> None:
        """After each validation: PSNR-Y in dB, and the highest of this process."""


class LossError(Exception):
    """A loss that is not a finite number."""

    def __init__(self, iteration: int, name: str, value: float) -> None:
        super().__init__(f"loss {name} is {value} at iteration {iteration}")


@contextmanager
def watched(listener: Listener, leads: bool) -> Iterator[None]:
    """Tell a listener of what basicsr's pipeline does in this block; its messages go only to its log file.

    In the block, a loss that is not finite raises `LossError`, and a checkpoint that cannot be written, which basicsr
    passes over with a warning, `HarnessError`. Only the process that leads knows losses and writes.
    """
    import basicsr.train as pipeline

    build, get_logger = pipeline.build_model, pipeline.get_root_logger

    def built(options: Mapping[str, Any]) -> Any:
        model = build(options)
        if leads:
            _watch(model, listener)
        return model

    pipeline.build_model = built
    pipeline.get_root_logger = lambda *args, **kwargs: _to_file_alone(get_logger(*args, **kwargs))
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        pipeline.build_model, pipeline.get_root_logger = build, get_logger


def _watch(model: Any, listener: Listener) -> None:
    optimize, validate, save = model.optimize_parameters, model.validation, model.save

    def optimized(current_iter: int) -> None:
        optimize(current_iter)
        for name, value in model.log_dict.items():
            if not math.isfinite(value):
                raise LossError(current_iter, name, value)
        listener.step(current_iter, model.log_dict)

    def validated(dataloader: Any, *args: Any, **kwargs: Any) -> None:
        validate(dataloader, *args, **kwargs)
        best = model.best_metric_results[dataloader.dataset.opt["name"]]["psnr_y"]["val"]
        listener.validated(float(model.metric_results["psnr_y"]), float(best))

    def saved(epoch: int, current_iter: int) -> None:
        save(epoch, current_iter)
        _check_saved(model.opt["path"], current_iter)

    model.optimize_parameters, model.validation, model.save = optimized, validated, saved


def _check_saved(paths: Mapping[str, str], iteration: int) -> None:
    label = "latest" if iteration == -1 else iteration
    files = [Path(paths["models"]) / f"net_g_{label}.pth"]
    if iteration != -1:
        files.append(Path(paths["training_states"]) / f"{iteration}.state")
    for file in files:
        if not zipfile.is_zipfile(file):  # a file that was cut short has no directory at its end
            raise HarnessError(f"{file} could not be written; make room on the disk, then continue with --resume")


def _to_file_alone(logger: logging.Logger) -> logging.Logger:
    for handler in logger.handlers:
        if not isinstance(handler, logging.FileHandler):
            handler.setLevel(logging.ERROR)
    return logger
