"""`RunRecord.scores()` and `.measures()`: what is stored, and never two probes or protocols in one column."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import harness
from harness import RunRecord
from harness.cli.main import app
from harness.errors import RunFolderError
from harness.running.rows import CELL_COLUMNS
from harness.running.tidy import KEYS, MEASURED

TSN = {
    "segments": 1, "sampling": "mmaction", "crops": "centre", "short_side": 36, "input_size": 32, "flow_bound": 5.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, small_benchmark: Callable[..., Path]) -> Path:
    """Three clips, three methods, one probe with two settings, and both streams of a recogniser."""
    path = tmp_path_factory.mktemp("tidy")
    probes = ["psnr_y", "psnr_y:samples=1", "ssim_y", "speed"]
    small_benchmark(path, sr=["hr", "bicubic", "nearest"], recognizers={"tsn": TSN}, probes=probes)
    arguments = ["run", "--benchmark", path / "small.yaml", "--limit", 3, "--out", path / "run", "--device", "cpu"]
    result = CliRunner().invoke(app, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    return path / "run"


@pytest.fixture
def run(folder: Path) -> RunRecord:
    return harness.load_run(folder)


def stored(folder: Path) -> list[tuple[dict[str, Any], pd.DataFrame]]:
    """Facts and rows of every cell, as its files say."""
    cells = sorted((folder / "cells").iterdir())
    return [(json.loads((c / "cell.json").read_text()), pd.read_parquet(c / "clips.parquet")) for c in cells]


def test_scores_are_those_of_the_parquet_files(folder: Path, run: RunRecord) -> None:
    found = run.scores()
    assert list(found.columns) == [*KEYS, "scores"]
    seen = 0
    for facts, rows in stored(folder):
        own = found[(found["method"] == facts["method"]) & (found["probe"] == facts["probe"])].set_index("clip")
        assert len(own) == (len(rows) if facts["stream"] else 0)
        for clip, row in own.iterrows():
            (file,) = rows[rows["clip"] == clip].to_dict("records")
            assert row["scores"].dtype == np.float32
            np.testing.assert_array_equal(row["scores"], np.asarray(file["scores"], dtype=np.float32))
            assert (row["label"], row["group"]) == (file["label"], file["group"])
            assert (row["recognizer"], row["stream"]) == (facts["recognizer"], facts["stream"])
            seen += 1
    assert seen == len(found) == 3 * 2 * 3


def test_measures_are_those_of_the_parquet_files(folder: Path, run: RunRecord) -> None:
    found = run.measures()
    assert list(found.columns) == MEASURED and set(found["probe"]) == {"psnr_y", "psnr_y:samples=1", "ssim_y", "speed"}
    for facts, rows in stored(folder):
        own = found[(found["method"] == facts["method"]) & (found["probe"] == facts["probe"])]
        wide = own.pivot(index="clip", columns="measure", values="value")
        for key in [] if facts["stream"] else rows.select_dtypes("number").columns.difference(["label", "seconds"]):
            _, colon, options = facts["probe"].partition(":")
            np.testing.assert_array_equal(wide.loc[rows["clip"], f"{key}{colon}{options}"], rows[key].astype(float))


def test_two_settings_of_a_probe_never_share_a_column(folder: Path, run: RunRecord) -> None:
    found = run.measures()
    assert (found.groupby("measure")["probe"].nunique() == 1).all()
    assert not found.duplicated(["method", "clip", "measure"]).any()
    means = found.pivot_table("value", "method", "measure")
    for facts, rows in stored(folder):
        if facts["probe"].startswith("psnr_y") and facts["method"] != "hr":
            assert means.loc[facts["method"], facts["probe"]] == pytest.approx(rows["psnr_y"].mean())
    assert means.loc["nearest", "psnr_y"] != means.loc["nearest", "psnr_y:samples=1"]


def test_undefined_numbers_are_rows_without_a_value(run: RunRecord) -> None:
    found = run.measures()
    ceiling = found[(found["method"] == "hr") & (found["measure"] == "psnr_y")]
    assert len(ceiling) == 3 and ceiling["value"].isna().all()


def made(*cells: dict[str, Any], **numbers: float) -> RunRecord:
    """A record of cells with two clips each, whose rows have the `numbers` of their cell."""
    facts = [{**dict.fromkeys(CELL_COLUMNS), "status": "ok", "method": "mine", **cell} for cell in cells]
    rows = [
        {**{key: cell[key] for key in ("cell", "method", "probe", "recognizer", "stream")}, "clip": clip, "label": 0,
         "group": "g", **numbers, **cell.get("row", {})} for cell in facts for clip in ("a", "b")
    ]  # fmt: skip
    table = pd.DataFrame([{k: v for k, v in cell.items() if k != "row"} for cell in facts], columns=list(CELL_COLUMNS))
    return RunRecord(Path("nowhere"), {}, table, pd.DataFrame(rows))


def test_two_probes_that_call_their_numbers_the_same_never_share_a_column() -> None:
    found = made({"cell": "1", "probe": "mine"}, {"cell": "2", "probe": "theirs"}, sharp=1.0).measures()
    assert found.groupby("measure")["probe"].unique().to_dict() == {
        "sharp of mine": ["mine"],
        "sharp of theirs": ["theirs"],
    }


def test_a_probe_s_numbers_are_not_given_to_other_probes() -> None:
    found = made({"cell": "1", "probe": "a", "row": {"x": 1.0}}, {"cell": "2", "probe": "b", "row": {"y": 2.0}})
    assert found.measures().groupby("probe")["measure"].unique().to_dict() == {"a": ["x"], "b": ["y"]}


def test_two_protocols_are_refused_rather_than_mixed() -> None:
    record = made({"cell": "one", "probe": "a"}, {"cell": "two", "probe": "a"}, x=1.0)
    for frame in (record.measures, record.scores):
        with pytest.raises(RunFolderError, match=r"mine was seen more than once by a, .* \(cells one, two\)"):
            frame()


def test_joint_streams_keep_the_method_of_their_flow_and_all_their_arrays(run: RunRecord) -> None:
    both = ({"cell": "1", "temporal": "mine"}, {"cell": "2", "temporal": "other"})
    arrays = {name: np.arange(2, dtype=np.float32) for name in ("scores", "spatial_scores", "temporal_scores")}
    facts = {"probe": "net.joint", "recognizer": "net", "stream": "joint", "row": arrays}
    found = made(*({**cell, **facts} for cell in both)).scores()
    assert list(found.columns) == [*KEYS, *arrays] and found["temporal"].tolist() == ["mine"] * 2 + ["other"] * 2


def test_cells_that_are_not_complete_are_left_out(run: RunRecord) -> None:
    cells = run.cells.assign(status=["failed", *run.cells["status"][1:]])
    first = run.cells.iloc[0]
    found = replace(run, cells=cells)
    for frame in (found.scores(), found.measures()):
        assert not ((frame["method"] == first["method"]) & (frame["probe"] == first["probe"])).any()
    nothing = replace(run, cells=run.cells.assign(status="running"))
    assert list(nothing.scores().columns[:8]) == KEYS and list(nothing.measures().columns) == MEASURED
    assert len(nothing.scores()) == len(nothing.measures()) == 0
