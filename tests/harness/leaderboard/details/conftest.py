"""A small real run, and its scores as pandas reads them from the files, without the code under test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import harness
from harness import RunRecord
from harness.cli.main import app
from harness.leaderboard.table import Leaderboard, build

METHODS = ("hr", "bicubic", "nearest", "lanczos")
TSN = {
    "segments": 1, "sampling": "mmaction", "crops": "centre", "short_side": 176, "input_size": 144, "flow_bound": 5.0,
}  # fmt: skip
WEIGHTS = {"spatial": 1.0, "temporal": 1.5}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, small_benchmark: Callable[..., Path]) -> Path:
    """24 clips, two a class, restored by four methods and shown to both streams of a trained recogniser."""
    path = tmp_path_factory.mktemp("details")
    small_benchmark(path, sr=list(METHODS), recognizers={"tsn": TSN}, probes=[])
    arguments = ["run", "--benchmark", path / "small.yaml", "--limit", 24, "--out", path / "run", "--device", "cpu"]
    result = CliRunner().invoke(app, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    return path / "run"


@pytest.fixture(scope="session")
def run(folder: Path) -> RunRecord:
    return harness.load_run(folder)


@pytest.fixture(scope="session")
def board(run: RunRecord) -> Leaderboard:
    return build(run, pairs=["nearest+lanczos"])


@pytest.fixture(scope="session")
def stored(folder: Path) -> pd.DataFrame:
    """One row a (method, stream, clip) with the scores of the Parquet files, the fusion and a pair made by hand."""
    parts = []
    for cell in (folder / "cells").iterdir():
        facts = json.loads((cell / "cell.json").read_text())
        own = {key: facts[key] for key in ("method", "stream")}
        parts.append(pd.read_parquet(cell / "clips.parquet").assign(**own))
    scores = pd.concat(parts)[["method", "stream", "clip", "group", "label", "scores"]]
    fused = [_fused(scores, name, name, name) for name in METHODS]
    pair = "nearest+lanczos"
    halves = [
        scores[(scores["method"] == own) & (scores["stream"] == stream)].assign(method=pair)
        for stream, own in (("spatial", "nearest"), ("temporal", "lanczos"))
    ]
    table = pd.concat([scores, *fused, _fused(scores, pair, "nearest", "lanczos"), *halves], ignore_index=True)
    predicted = [int(np.argmax(np.asarray(values, dtype=np.float64))) for values in table["scores"]]
    return table.assign(predicted=predicted, right=[a == b for a, b in zip(predicted, table["label"], strict=True)])


@pytest.fixture(scope="session")
def classes(folder: Path) -> list[str]:
    return list(json.loads((folder / "run.json").read_text())["plan"]["classes"])


def _fused(scores: pd.DataFrame, name: str, spatial: str, temporal: str) -> pd.DataFrame:
    halves = [
        scores[(scores["method"] == own) & (scores["stream"] == stream)].set_index("clip")
        for stream, own in (("spatial", spatial), ("temporal", temporal))
    ]
    both = halves[0].join(halves[1]["scores"], rsuffix="_temporal").reset_index()
    first, second = (np.stack(both[key].to_list()).astype(np.float64) for key in ("scores", "scores_temporal"))
    values = list(WEIGHTS["spatial"] * first + WEIGHTS["temporal"] * second)
    return both.assign(scores=values, stream="fusion", method=name).drop(columns="scores_temporal")
