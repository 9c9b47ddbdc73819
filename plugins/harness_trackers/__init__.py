"""Runs told to experiment trackers: MLflow, Weights & Biases. Off unless ``HARNESS_TRACK`` names some.

    HARNESS_TRACK=wandb WANDB_MODE=offline harness run --sr vdsr

Where they write, and under which account, is said in their own variables (``MLFLOW_TRACKING_URI``, ``WANDB_MODE``).
What they cannot do is told once and costs the run nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.hookspecs import hookimpl

if TYPE_CHECKING:
    from harness.planning.cells import Cell
    from harness.running.store import RunFolder


@hookimpl
def harness_run_started(run: RunFolder) -> None:
    from harness_trackers.tracking import started

    started(run.path, run.info())


@hookimpl
def harness_cell_finished(run: RunFolder, cell: Cell, status: str) -> None:
    from harness_trackers.tracking import cell_finished

    cell_finished(run.path, status)


@hookimpl
def harness_run_finished(run: RunFolder) -> None:
    from harness_trackers.tracking import finished

    finished(run.path)
