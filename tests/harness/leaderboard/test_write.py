from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import load_run
from harness.errors import UnknownNameError
from harness.leaderboard.table import build
from harness.leaderboard.write import write_all
from harness.running.store import open_run

FILES = {"leaderboard.md", "leaderboard.csv", "leaderboard.json", "leaderboard.png"}


def test_four_files_the_same_every_time(full_run: Any, tmp_path: Path) -> None:
    written = write_all(full_run.record(), tmp_path)
    assert {path.name for path in written} == {path.name for path in tmp_path.iterdir()} == FILES
    first = {path.name: path.read_bytes() for path in written}
    write_all(full_run.record(), tmp_path)
    assert first == {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert not any(str(tmp_path).encode() in content for content in first.values())


def test_a_wrong_pair_leaves_the_old_files(full_run: Any, tmp_path: Path) -> None:
    write_all(full_run.record(), tmp_path)
    before = (tmp_path / "leaderboard.md").read_bytes()
    with pytest.raises(UnknownNameError):
        write_all(full_run.record(), tmp_path, pairs=["hr+nobody"])
    assert (tmp_path / "leaderboard.md").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == FILES


def test_a_folder_on_disk_gives_the_table(full_run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the record in memory gives, the same cells written by the store and read back give too."""
    monkeypatch.setattr("os.fsync", lambda file: None)  # thousands of rows, and no crash to survive
    record = full_run.record()
    with open_run(tmp_path) as folder:
        folder.write_info({**record.info, "cells": list(record.cells["cell"])})
        for facts in record.cells.to_dict("records"):
            facts = {k: v for k, v in facts.items() if v is not None and v == v}
            cell = folder.cell(facts["cell"])
            if facts["status"] == "skipped":
                cell.skip(facts, facts["reason"])
                continue
            cell.begin(facts)
            if facts["status"] == "failed":
                cell.fail(facts["reason"], "Traceback")
                continue
            rows = [row for row in full_run.rows if row["cell"] == facts["cell"]]
            for row in rows:
                row = {k: v for k, v in row.items() if k not in ("cell", "method", "probe", "recognizer", "stream")}
                if isinstance(row["scores"], np.ndarray):
                    row["scores"] = row["scores"].tolist()
                cell.append({k: v for k, v in row.items() if k != "scores" or v is not None})
            cell.finish([row["clip"] for row in rows])
    found, expected = build(load_run(tmp_path)), build(record)
    assert json.dumps(found.records) == json.dumps(expected.records)
