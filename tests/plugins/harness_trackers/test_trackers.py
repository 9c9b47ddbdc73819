"""Runs told to MLflow and Weights & Biases, offline; without being asked for, nothing is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import api
from harness.errors import UnknownNameError
from harness_trackers import tracking

Run = Callable[[], api.Done]


@pytest.fixture
def run(
    made_clips: Callable[..., Path], small_benchmark: Callable[..., Path], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HARNESS_TRACK", raising=False)
    file, data = small_benchmark(tmp_path), made_clips()
    return lambda: api.run(file, sr="nearest", data=data, out=tmp_path / "mine", device="cpu")


class Told:
    """A tracker that remembers."""

    seen: list[Any]

    def start(self, name: str, facts: dict[str, str]) -> None:
        self.seen.append(("start", name, facts["scale"]))

    def count(self, counts: dict[str, int]) -> None:
        self.seen.append(("count", dict(counts)))

    def finish(self, numbers: dict[str, float], files: list[Path]) -> None:
        self.seen.append(("finish", numbers, [file.name for file in files]))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    Told.seen = []
    monkeypatch.setattr(tracking, "resolve_import", lambda target: Told)
    return Told.seen


def test_they_are_off_unless_asked_for(run: Run, told: list[Any]) -> None:
    assert run().ok and told == []


def test_they_are_told_the_start_every_cell_and_the_table(
    run: Run, told: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_TRACK", "wandb")
    done = run()
    assert told[0] == ("start", "mine", "x4")
    assert [entry for entry in told if entry[0] == "count"][-1] == ("count", {"ok": 3})
    _, numbers, files = told[-1]
    row = next(row for row in done.board.rows if row.sr == "nearest")
    assert numbers["nearest/psnr_y"] == row.measures["psnr_y"]
    assert "leaderboard.json" in files and "leaderboard.png" in files


def test_one_that_fails_costs_the_run_nothing(
    run: Run, told: list[Any], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HARNESS_TRACK", "mlflow")
    monkeypatch.setattr(Told, "count", lambda self, counts: 1 / 0)
    assert run().ok
    assert capfd.readouterr().err.count("tracker mlflow was given up: ZeroDivisionError") == 1
    assert [entry[0] for entry in told] == ["start"]


def test_an_unknown_one_is_refused_by_name(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_TRACK", "mflow")
    with pytest.raises(UnknownNameError, match="Did you mean 'mlflow'"):
        run()


def test_weights_and_biases_offline(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wandb = pytest.importorskip("wandb")
    for name, value in {"HARNESS_TRACK": "wandb", "WANDB_MODE": "offline", "WANDB_SILENT": "true"}.items():
        monkeypatch.setenv(name, value)
    assert run().ok
    wandb.teardown()  # its service writes the last of the file when it ends, not when the run does
    (folder,) = (tmp_path / "wandb").glob("offline-run-*")
    assert next(folder.glob("run-*.wandb")).stat().st_size > 1000
    assert (folder / "files" / "leaderboard.md").exists()


def test_mlflow_in_a_folder(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("HARNESS_TRACK", "mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "store").as_uri())
    done = run()
    assert done.ok
    (found,) = mlflow.MlflowClient((tmp_path / "store").as_uri()).search_runs(["0"])
    assert found.data.params["scale"] == "x4" and found.info.run_name == "mine"
    row = next(row for row in done.board.rows if row.sr == "nearest")
    assert found.data.metrics["nearest/psnr_y"] == pytest.approx(row.measures["psnr_y"])
    assert found.data.metrics["cells/ok"] == 3
