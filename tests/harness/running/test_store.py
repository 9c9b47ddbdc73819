from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import harness
from harness.errors import RunFolderError
from harness.files import write_atomically
from harness.running.store import CellRecord, open_run


def row(clip: str, value: float) -> dict[str, object]:
    return {"clip": clip, "label": 0, "group": "g", "psnr_y": value, "scores": [value, 0.1]}


def test_rows_survive_a_line_cut_off_by_a_kill(tmp_path: Path) -> None:
    record = CellRecord(tmp_path / "cell")
    assert record.begin({"cell": "cell"}) == set()
    record.append(row("a", 30.0))
    with (tmp_path / "cell" / "clips.jsonl").open("a") as file:
        file.write('{"clip": "b", "psnr_y": 31')
    again = CellRecord(tmp_path / "cell")
    assert again.begin({"cell": "cell"}) == {"a"}
    again.append(row("b", 31.0))
    again.finish(["a", "b"])
    assert [r["psnr_y"] for r in again.rows()] == [30.0, 31.0]
    assert again.outcome["status"] == "ok" and again.outcome["clips"] == 2
    assert not (tmp_path / "cell" / "clips.jsonl").exists()


def test_finish_refuses_a_cell_with_a_missing_clip(tmp_path: Path) -> None:
    record = CellRecord(tmp_path / "cell")
    record.begin({})
    record.append(row("a", 1.0))
    with pytest.raises(KeyError, match="b"):
        record.finish(["a", "b"])
    assert record.outcome["status"] == "running"


def test_failed_cell_keeps_rows_and_traceback(tmp_path: Path) -> None:
    record = CellRecord(tmp_path / "cell")
    record.begin({"method": "m"})
    record.append(row("a", 1.0))
    record.fail("clip b: boom", "Traceback: boom")
    assert record.outcome == {"method": "m", "status": "failed", "reason": "clip b: boom", "error_log": "error.txt"}
    assert (tmp_path / "cell" / "error.txt").read_text() == "Traceback: boom"
    assert record.begin({"method": "m"}) == {"a"}
    assert not (tmp_path / "cell" / "error.txt").exists()


def test_scores_come_back_bit_for_bit(tmp_path: Path) -> None:
    scores = np.random.default_rng(0).standard_normal(7).astype(np.float32)
    with open_run(tmp_path / "run") as folder:
        record = folder.cell("c-1")
        record.begin({"method": "m", "probe": "tsn.spatial"})
        record.append({"clip": "a", "label": 1, "group": "g", "scores": [float(v) for v in scores]})
        before = json.dumps({"schema_version": 1, "cells": ["c-1"]})
        write_atomically(folder.path / "run.json", before)
        running = harness.load_run(folder.path)
        record.finish(["a"])
    finished = harness.load_run(tmp_path / "run")
    for loaded in (running, finished):
        assert loaded.clips["scores"][0].dtype == np.float32
        np.testing.assert_array_equal(loaded.clips["scores"][0], scores)
    assert list(finished.cells["status"]) == ["ok"]


def test_two_processes_on_one_folder_are_refused(tmp_path: Path) -> None:
    other = (
        "import sys, time\nfrom pathlib import Path\nfrom harness.running.store import open_run\n"
        "with open_run(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", other, str(tmp_path / "run")], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None and process.stdout.readline().strip() == "held"
        with pytest.raises(RunFolderError, match=f"in use by process {process.pid}"), open_run(tmp_path / "run"):
            pass
    finally:
        process.kill()
        process.wait()
    with open_run(tmp_path / "run"):  # a killed process does not leave the folder locked
        pass


def test_unwritable_folder_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(RunFolderError, match=r"cannot write to .*choose another --out"), open_run(tmp_path / "file"):
        pass


def test_full_disk_is_refused_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=2**20))
    with pytest.raises(RunFolderError, match="only 1 MiB free"), open_run(tmp_path / "run"):
        pass


def test_load_run_refuses_what_it_cannot_read(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"no run\.json"):
        harness.load_run(tmp_path)
    (tmp_path / "run.json").write_text('{"schema_version": 999, "cells": []}')
    with pytest.raises(RunFolderError, match="schema version 999"):
        harness.load_run(tmp_path)
