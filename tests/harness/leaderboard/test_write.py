from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import load_run
from harness.errors import UsageError
from harness.leaderboard.table import build
from harness.leaderboard.write import Written, write_board, write_to
from harness.registry import load_registry
from harness.running.store import open_run

FILES = {"leaderboard.md", "leaderboard.csv", "leaderboard.json", "leaderboard.png"}
FAULTY = """
from harness.hookspecs import hookimpl
from harness.specs import ReportSpec

def raises(board, run):
    return {"a.txt": bytes(1 // 0)}

def text(board, run):
    return "a table"

def steals(board, run):
    return {"run.json": b"{}"}

def good(board, run):
    return {"good.txt": board.title.encode()}

@hookimpl
def harness_reports():
    for name in ("raises", "text", "steals", "good"):
        yield ReportSpec(name, "a report", f"{__name__}:{name}", default=True)
    yield ReportSpec("zz", "takes a name that is taken", f"{__name__}:good", default=True)
    yield ReportSpec("asked", "only where it is asked for", f"{__name__}:raises")
"""


def write(run: Any, folder: Path, *plugins: Path) -> Written:
    record = run.record()
    return write_board(build(record), record, load_registry(list(plugins)), folder)


def test_every_run_keeps_the_same_four_files(full_run: Any, tmp_path: Path) -> None:
    written = write(full_run, tmp_path)
    assert {path.name for path in written.files} == {path.name for path in tmp_path.iterdir()} == FILES
    assert not written.failures
    first = {path.name: path.read_bytes() for path in written.files}
    write(full_run, tmp_path)
    assert first == {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert not any(str(tmp_path).encode() in content for content in first.values())


def test_reports_that_fail_cost_only_their_own_files_and_say_why(full_run: Any, tmp_path: Path) -> None:
    plugin, folder = tmp_path / "faulty.py", tmp_path / "run"
    plugin.write_text(FAULTY)
    folder.mkdir()
    (folder / "run.json").write_text("mine")
    written = write(full_run, folder, plugin)
    assert {path.name for path in written.files} == FILES | {"good.txt"}
    assert (folder / "run.json").read_text() == "mine" and (folder / "good.txt").read_text().startswith("toy")
    raises, steals, text, taken = written.failures
    assert f"report 'raises' raised ZeroDivisionError: integer division or modulo by zero ({plugin}, line 6)" in raises
    assert "run.json, which belongs to the run" in steals
    assert "report 'text' returned str; a report returns file names with their contents" in text
    assert "'good' and 'zz' both give good.txt" in taken


def test_further_files_go_beside_the_named_one_or_all_into_a_folder(tmp_path: Path) -> None:
    files = {"page.html": b"page", "chart.png": b"chart"}
    assert write_to(tmp_path / "mine.html", files) == [tmp_path / "mine.html", tmp_path / "chart.png"]
    assert (tmp_path / "mine.html").read_bytes() == b"page" and (tmp_path / "chart.png").read_bytes() == b"chart"
    (tmp_path / "all").mkdir()
    assert write_to(tmp_path / "all", files) == [tmp_path / "all" / name for name in files]
    with pytest.raises(UsageError, match="another file of this report has that name"):
        write_to(tmp_path / "chart.png", files)
    with pytest.raises(UsageError, match="cannot be written"):
        write_to(tmp_path / "none" / "page.html", files)


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
