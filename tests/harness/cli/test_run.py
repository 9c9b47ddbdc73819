"""`harness run` as a user types it: real methods, real recogniser, embedded clips."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from harness.cli.main import app

PROGRAM = [sys.executable, "-m", "harness.cli.main"]
COMMAND = ["run", "--benchmark", "mini-2", "--recognizer", "tsn"]
LIMIT = "2"
SMALL = "mini-2:size=112x112"
"""The embedded clips at 40 % of their pixels, where many are gone through."""
PROBES = ["psnr_y", "ssim_y", "flow_quality", "temporal_consistency"]
TIMED = {"fps"}
"""The only numbers of the leaderboard that measure time and so differ from run to run."""


def leaderboard(folder: Path) -> dict[str, Any]:
    board: dict[str, Any] = json.loads((folder / "leaderboard.json").read_text())
    for record in board["records"]:
        for key in TIMED:
            record.pop(key)
    return board


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("run") / "whole"
    arguments = [*COMMAND, "--sr", "nearest+bicubic", "--limit", LIMIT, "--out", str(folder)]
    done = CliRunner().invoke(app, arguments, env={"COLUMNS": "300"})
    assert done.exit_code == 0, done.stderr
    return folder, done.stdout


def test_it_prints_the_plan_and_the_table_and_writes_the_leaderboard(undisturbed: tuple[Path, str]) -> None:
    folder, output = undisturbed
    assert f"{LIMIT} clips (a class-balanced subset of" in output
    assert output.index("frames to restore") < output.index("cells ok")
    assert {"leaderboard.md", "leaderboard.csv", "leaderboard.json"} <= {p.name for p in folder.iterdir()}
    records = {r["sr"]: r for r in leaderboard(folder)["records"]}
    assert set(records) == {"hr", "bicubic", "nearest", "nearest+bicubic"}
    assert records["bicubic"]["psnr_y"] > records["nearest"]["psnr_y"] and records["hr"]["psnr_y"] is None
    assert records["nearest+bicubic"]["spatial_top1"] == records["nearest"]["spatial_top1"]
    assert records["nearest+bicubic"]["temporal_top1"] == records["bicubic"]["temporal_top1"]
    assert json.loads((folder / "run.json").read_text())["status"] == "finished"


def test_kill_9_and_again_gives_the_same_leaderboard(
    cli: Callable[..., Result], tmp_path: Path, small_benchmark: Callable[..., Path]
) -> None:
    """What began with two workers goes on without them."""
    benchmark = small_benchmark(tmp_path, dataset=SMALL, probes=PROBES)
    asked = ["run", "--benchmark", str(benchmark), "--sr", "nearest,bicubic", "--limit", "12", "--out"]
    assert cli(*asked, str(tmp_path / "whole")).exit_code == 0
    arguments = [*asked, str(tmp_path / "cut")]
    process = subprocess.Popen(
        [*PROGRAM, *arguments, "--workers", "2"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    rows = tmp_path / "cut" / "cells"
    deadline = time.monotonic() + 120
    wanted = random.randint(3, 120)  # of 144 rows, written before the kill: any moment must do
    while process.poll() is None and time.monotonic() < deadline and _rows(rows) < wanted:
        time.sleep(0.01)
    workers = children_of(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert ended(workers)
    before = _rows(rows)
    done = cli(*arguments)
    assert done.exit_code == 0, done.stderr
    assert leaderboard(tmp_path / "cut") == leaderboard(tmp_path / "whole"), f"killed after {before} rows"


def children_of(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def ended(pids: list[int], seconds: float = 20) -> bool:
    """Whether all these processes end within some seconds."""
    until = time.monotonic() + seconds
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < until:
        time.sleep(0.05)
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


def _rows(folder: Path) -> int:
    return sum(len(file.read_bytes().splitlines()) for file in folder.glob("*/clips.jsonl"))


@pytest.mark.parametrize("workers", [[], ["--workers", "2"]])
def test_ctrl_c_stops_cleanly_and_can_be_resumed(
    tmp_path: Path, small_benchmark: Callable[..., Path], workers: list[str]
) -> None:
    benchmark = small_benchmark(tmp_path, dataset=SMALL, probes=PROBES)
    arguments = ["run", "--benchmark", str(benchmark), "--sr", "bicubic,nearest,lanczos", "--limit", "96"]
    process = subprocess.Popen(
        [*PROGRAM, *arguments, "--out", str(tmp_path / "run"), *workers],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # tests that were started in the background pass on that Ctrl-C is ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), start_new_session=True,
    )  # fmt: skip
    try:
        while process.poll() is None and _rows(tmp_path / "run" / "cells") < 5:
            time.sleep(0.01)
        started = children_of(process.pid)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130 and ended(started)
    assert "same command" in errors
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "interrupted"


def test_dry_run_writes_nothing(cli: Callable[..., Result], tmp_path: Path) -> None:
    done = cli(*COMMAND, "--sr", "nearest", "--limit", "12", "--out", str(tmp_path / "run"), "--dry-run")
    assert done.exit_code == 0, done.stderr
    assert "frames to restore" in done.stdout and not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sr", "bicubik"], "Did you mean 'bicubic'"),
        (["--recognizer", "tns"], "Did you mean 'tsn'"),
        (["--benchmark", "mimi"], "Did you mean 'mini-2'"),
        (["--sr", "vdsr:num_fet=3"], "Did you mean 'num_feat'"),
        (["--sr", "a+b+c"], "not a method or a pair"),
        (["--precision", "int8"], "unknown --precision 'int8'. Known: auto, bf16, fp16, fp32"),
        (["--tile", "4"], "Invalid value for '--tile': Input should be greater than or equal to 16"),
        (["--nonsense"], "No such option"),
    ],
)
def test_wrong_usage_exits_with_2(
    cli: Callable[..., Result], tmp_path: Path, arguments: list[str], message: str
) -> None:
    done = cli(*COMMAND, *arguments, "--limit", "12", "--out", str(tmp_path / "run"))
    assert done.exit_code == 2
    assert message in done.stderr and "Traceback" not in done.stderr


def test_missing_weights_are_skipped_with_the_command_that_gets_them(
    cli: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = tmp_path / "absent.py"
    plugin.write_text(
        "from harness.hookspecs import hookimpl\nfrom harness.specs import SRMethodSpec, Weights\n\n"
        "@hookimpl\ndef harness_sr_methods():\n"
        "    yield SRMethodSpec('absent', 'not here yet', 'harness.methods:Bicubic', needs_weights=True,\n"
        "        weights=(Weights('mini-2', 'a' * 64, 'mini-2/train', 'MIT', url='http://127.0.0.1:9/absent.safetensors'),))\n"
    )
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    out = tmp_path / "run"
    arguments = [*COMMAND, "--sr", "absent", "--limit", "2", "--plugin", str(plugin), "--out", str(out)]
    done = cli(*arguments)
    assert done.exit_code == 0, done.stderr
    record = {r["sr"]: r for r in leaderboard(out)["records"]}["absent"]
    assert record["status"] == "skipped" and record["fusion_top1"] is None
    assert "harness weights pull absent" in record["reason"]
    assert cli(*arguments, "--strict").exit_code == 1
