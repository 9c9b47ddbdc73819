"""MLflow: parameters, numbers and reports of a run, in the store that ``MLFLOW_TRACKING_URI`` names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

LONGEST = 500
"""Characters of a parameter that every store of MLflow takes."""


class MLflow:
    """A run of the experiment that ``MLFLOW_EXPERIMENT_NAME`` names, or the default one."""

    def __init__(self) -> None:
        import mlflow

        self._mlflow = mlflow

    def start(self, name: str, facts: Mapping[str, str]) -> None:
        """Begin a run and note what it is of."""
        self._mlflow.start_run(run_name=name)
        self._mlflow.log_params({key: value[:LONGEST] for key, value in facts.items()})

    def count(self, counts: Mapping[str, int]) -> None:
        """Note how many cells have ended."""
        step = sum(counts.values())
        self._mlflow.log_metrics({f"cells/{status}": float(n) for status, n in counts.items()}, step=step)

    def finish(self, numbers: Mapping[str, float], files: list[Path]) -> None:
        """Note numbers and files, and end the run."""
        self._mlflow.log_metrics(dict(numbers))
        for file in files:
            self._mlflow.log_artifact(str(file))
        self._mlflow.end_run()
