"""Hands a recogniser to the losses and models that BasicSR builds from an option file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from harness.errors import UsageError
from harness.training.judges import Judge
from harness_basicsr.training.recipe import Stage

LOSS, MODEL = "TaskDrivenPerceptualLoss", "SR4IRModel"
"""The loss and the model that need one, as recipes name them."""
RECOGNISER = "net_c"
"""What checkpoints of a recogniser that learns are called, as those of the SR network are called ``net_g``."""
_JUDGES: list[Judge] = []


@contextmanager
def judged_by(judge: Judge | None) -> Iterator[None]:
    """In this block, what BasicSR builds is tuned to `judge`."""
    if judge is None:
        yield
        return
    _JUDGES.append(judge)
    try:
        yield
    finally:
        _JUDGES.pop()


def current_judge() -> Judge:
    """The judge of the innermost block. Raises `UsageError` outside of any."""
    if not _JUDGES:
        raise UsageError("this training is tuned to a recogniser: name one in the recipe, such as `judge: tsn`")
    return _JUDGES[-1]


def needs_judge(stage: Stage) -> bool:
    """Whether a stage is tuned to a recogniser."""
    return stage.model == MODEL or (stage.train.get("perceptual_opt") or {}).get("type") == LOSS
