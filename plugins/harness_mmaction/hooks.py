"""What we add to mmengine's Runner."""

from __future__ import annotations

import time
from typing import Any

from mmaction.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.runner import Runner

SECONDS = "training_seconds"


@HOOKS.register_module()
class PlainCheckpoint(Hook):  # type: ignore[misc]
    """Keeps checkpoints free of objects, and counts the seconds spent in training over all resumptions.

    mmengine 0.10.7 saves its logging histories, Python objects that torch refuses to load since 2.6 (``weights_only``).
    Nothing needs them to resume.
    """

    def __init__(self) -> None:
        self._since = 0.0

    def before_train(self, runner: Runner) -> None:
        self._since = time.perf_counter()

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        seconds = self._count(runner)
        checkpoint["message_hub"] = {"log_scalars": {}, "runtime_info": {SECONDS: seconds}, "resumed_keys": {}}

    def after_train(self, runner: Runner) -> None:
        self._count(runner)

    def _count(self, runner: Runner) -> float:
        now = time.perf_counter()
        seconds = float(runner.message_hub.get_info(SECONDS, 0.0)) + now - self._since
        runner.message_hub.update_info(SECONDS, seconds, resumed=False)
        self._since = now
        return seconds
