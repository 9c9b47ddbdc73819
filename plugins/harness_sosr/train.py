"""Behind ``harness train sosr``: BasicSR's pipeline with SoSR's loss and model."""

from __future__ import annotations

from harness_basicsr.training.train import train
from harness_sosr import losses, model

__all__ = ["losses", "model", "train"]  # the first two register with basicsr
