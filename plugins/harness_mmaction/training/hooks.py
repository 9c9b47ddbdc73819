"""What we add to mmengine's Runner."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from mmaction.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import nn

SECONDS, LOSS, RANDOM = "training_seconds", "loss_of_last_epoch", "random_state"


@HOOKS.register_module()
class PlainCheckpoint(Hook):  # type: ignore[misc]
    """Keeps checkpoints free of objects; in their place go the seconds of training so far and the epoch's mean loss.

    mmengine 0.10.7 saves its logging histories, Python objects that torch refuses to load since 2.6 (``weights_only``).
    Nothing needs them to resume. The state of torch's random numbers (CPU) is added, so that a training that goes on
    draws those that it would have drawn.
    """

    def __init__(self) -> None:
        self._since = 0.0
        self._random: torch.Tensor | None = None

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        self._random = checkpoint.get(RANDOM)

    def before_train(self, runner: Runner) -> None:
        self._since = time.perf_counter()
        if self._random is None:
            return
        torch.set_rng_state(self._random.cpu())
        if runner.val_loop is not None and runner.epoch % runner.train_loop.val_interval == 0:
            iter(runner.val_dataloader)  # a validation followed the checkpoint, and its loader draws a number

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        loss = float(runner.message_hub.get_scalar("train/loss").mean(len(runner.train_dataloader)))
        runner.message_hub.update_info(LOSS, loss, resumed=False)
        known = {SECONDS: self._count(runner), LOSS: loss}
        checkpoint[RANDOM] = torch.get_rng_state()
        checkpoint["message_hub"] = {"log_scalars": {}, "runtime_info": known, "resumed_keys": {}}

    def after_train(self, runner: Runner) -> None:
        self._count(runner)

    def _count(self, runner: Runner) -> float:
        now = time.perf_counter()
        seconds = float(runner.message_hub.get_info(SECONDS, 0.0)) + now - self._since
        runner.message_hub.update_info(SECONDS, seconds, resumed=False)
        self._since = now
        return seconds


class StartFrom(Hook):  # type: ignore[misc]
    """Loads the weights of an earlier training before the first iteration, by `load(network, file, num_classes)`."""

    def __init__(self, file: Path, load: Callable[[nn.Module, Path, int], None], num_classes: int) -> None:
        self.file = file
        self.load = load
        self.num_classes = num_classes

    def before_train(self, runner: Runner) -> None:
        if runner.iter == 0:
            self.load(runner.model, self.file, self.num_classes)
