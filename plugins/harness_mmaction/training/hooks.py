"""What we add to mmengine's Runner."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from mmaction.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import nn

from harness.errors import UsageError
from harness.files import write_atomically
from harness.training.curves import every
from harness.training.display import LineDisplay
from harness.training.quality import Quality

TOP1 = Quality("top1", "top-1 accuracy", "%")
CURVE = "curve.json"
SECONDS, LOSS, RANDOM, BEGINNING = "training_seconds", "loss_of_last_epoch", "random_state", "computing"


@HOOKS.register_module()
class PlainCheckpoint(Hook):  # type: ignore[misc]
    """Keeps checkpoints free of objects; in their place are the seconds of training so far and the epoch's mean loss.

    mmengine 0.10.7 saves its logging histories, Python objects that torch refuses to load since 2.6 (``weights_only``).
    Nothing needs them to resume. The state of torch's random numbers (CPU) is added, so that a resumed training
    draws those that it would have drawn; and `beginning`, what is not the usual of a training: precision, memory, mix
    and teacher. Loading one that began otherwise raises `UsageError`.
    """

    def __init__(self, beginning: Mapping[str, Any]) -> None:
        self._since = 0.0
        self._random: torch.Tensor | None = None
        self._beginning = dict(beginning)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        before, now = checkpoint.get(BEGINNING, {}), self._beginning
        changed = [key for key in sorted(before.keys() | now.keys()) if before.get(key) != now.get(key)]
        if changed:
            raise UsageError(
                f"cannot resume: the training in {runner.work_dir} was begun with another {' and '.join(changed)}; "
                "give the same again, or start from scratch with another --out"
            )
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
        checkpoint[BEGINNING] = self._beginning
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


class Watch(Hook):  # type: ignore[misc]
    """Shows how far a training of `iterations` has come; keeps its curve, also in ``curve.json`` of the work folder."""

    def __init__(self, display: LineDisplay, stream: str, iterations: int) -> None:
        self.display = display
        self.stream = stream
        self.iterations = iterations
        self.curve: dict[int, dict[str, float]] = {}
        self.best = float("-inf")

    def before_train(self, runner: Runner) -> None:
        """Continues the curve kept up to the checkpoint, if one was loaded."""
        file = Path(runner.work_dir) / CURVE
        if runner.iter and file.is_file():
            rows = {int(n): row for n, row in json.loads(file.read_text(encoding="utf-8")).items()}
            self.curve = {n: row for n, row in rows.items() if n <= runner.iter}
        self.display.begin(self.stream, runner.iter)

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Mapping[str, Any] | None = None
    ) -> None:
        iteration = runner.iter + 1
        losses = {"loss": (outputs or {})["loss"].item()}
        if iteration % every(self.iterations) == 0:
            self.curve.setdefault(iteration, {}).update(losses)
        self.display.step(iteration, losses)

    def after_train_epoch(self, runner: Runner) -> None:
        self._write(runner)

    def after_val_epoch(self, runner: Runner, metrics: Mapping[str, float] | None = None) -> None:
        found = 100 * float((metrics or {})["acc/top1"])
        self.best = max(self.best, found)
        self.curve.setdefault(runner.iter, {})[TOP1.key] = found
        self.display.validated(found, self.best)
        self._write(runner)

    def _write(self, runner: Runner) -> None:
        write_atomically(Path(runner.work_dir) / CURVE, json.dumps(self.curve))
