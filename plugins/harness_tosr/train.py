"""Behind ``harness train tosr``: BasicSR's pipeline with ToSR's loss and model."""

from __future__ import annotations

from harness_basicsr.training.train import train
from harness_tosr import losses, model

__all__ = ["losses", "model", "train"]  # the first two register with basicsr
