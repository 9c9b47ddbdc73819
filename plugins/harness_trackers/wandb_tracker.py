"""Weights & Biases: configuration, numbers and reports of a run; ``WANDB_MODE=offline`` keeps them on disk."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

PROJECT = "harness-sr"


class WeightsAndBiases:
    """A run of the project that ``WANDB_PROJECT`` names, or `PROJECT`."""

    def __init__(self) -> None:
        import wandb

        self._wandb = wandb

    def start(self, name: str, facts: Mapping[str, str]) -> None:
        """Begin a run and note what it is of."""
        project = os.environ.get("WANDB_PROJECT", PROJECT)
        self._run = self._wandb.init(project=project, name=name, config=dict(facts))

    def count(self, counts: Mapping[str, int]) -> None:
        """Note how many cells have ended."""
        self._run.log({f"cells/{status}": n for status, n in counts.items()}, step=sum(counts.values()))

    def finish(self, numbers: Mapping[str, float], files: list[Path]) -> None:
        """Note numbers and files, and end the run."""
        self._run.summary.update(dict(numbers))
        for file in files:
            self._run.save(str(file), base_path=str(file.parent), policy="now")
        self._run.finish()
