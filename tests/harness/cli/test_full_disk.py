"""A disk that fills up during a run costs one sentence; once there is room, the same command resumes."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import Result

from harness.planning.benchmark import find_benchmark
from harness.running.store import CellRecord


def test_a_full_disk_stops_the_run_with_one_sentence_and_it_resumes(
    cli: Callable[..., Result], tmp_path: Path, made_clips: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "quick.yaml"
    changes = {"sr": ["hr", "bicubic"], "pairs": [], "recognizers": {}, "probes": ["psnr_y"]}
    file.write_text(yaml.safe_dump({**yaml.safe_load(find_benchmark("mini-2").read_text()), **changes}))
    arguments = ["run", "--benchmark", file, "--data", made_clips(), "--out"]
    assert cli(*arguments, tmp_path / "whole").exit_code == 0

    append, written = CellRecord.append, 0

    def until_full(record: CellRecord, row: dict[str, Any]) -> None:
        nonlocal written
        written += 1
        if written > 5:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(record.folder))
        append(record, row)

    with monkeypatch.context() as full:
        full.setattr(CellRecord, "append", until_full)
        stopped = cli(*arguments, tmp_path / "run")
    assert stopped.exit_code == 1
    assert stopped.stderr.strip().endswith("No space left on device; make room, and the same command resumes the run")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "stopped"
    assert cli(*arguments, tmp_path / "run").exit_code == 0
    boards = [json.loads((tmp_path / name / "leaderboard.json").read_text()) for name in ("whole", "run")]
    for board in boards:
        for record in board["records"]:
            record.pop("fps")
    assert boards[0] == boards[1]
