"""Worker processes: the same table as without them, whatever becomes of them."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.planning.benchmark import Benchmark
from harness.planning.selecting import Request
from harness.running.reading import load_run

SR = "nearest,drawing"
KILLS = 3


@pytest.fixture
def quick(small: Benchmark) -> Benchmark:
    return small.model_copy(update={"probes": ["psnr_y"]})


def children() -> list[int]:
    """Worker processes of this one."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == os.getpid() and "spawn_main" in (folder / "cmdline").read_text():
                found.append(int(folder.name))
        except (OSError, IndexError):
            continue
    return found


@contextmanager
def killer(times: int, every: tuple[float, float]) -> Iterator[list[int]]:
    """Kills a worker at random moments."""
    over, killed = threading.Event(), list[int]()

    def work() -> None:
        while len(killed) < times and not over.wait(random.uniform(*every)):
            for pid in random.sample(children(), min(1, len(children()))):
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    thread = threading.Thread(target=work)
    thread.start()
    yield killed
    over.set()
    thread.join()


def test_deaths_and_misbehaviour_cost_cells_and_nothing_else(
    tmp_path: Path, small: Benchmark, do_run: Callable[..., Any], board_of: Callable[[Path], Any],
    made_clips: Callable[..., Path],
) -> None:  # fmt: skip
    data, probes = made_clips(classes=2, per_class=1), ["psnr_y", "fragile"]
    benchmark = small.model_copy(update={"probes": probes})
    bad = "bad:deed=segfault,bad:built=segfault,bad:deed=_exit,bad:deed=sleep,bad:deed=sys.exit,bad:deed=memory,"
    bad += "bad:deed=default dtype"
    executor = "processes:workers=1,clip_timeout=4,worker_memory=1.5"
    do_run(Request(benchmark, sr=f"{bad},{SR}", data=data, executor=executor), tmp_path / "workers")
    do_run(Request(benchmark, sr=SR, data=data), tmp_path / "alone")
    cells = load_run(tmp_path / "workers").cells.set_index(["method", "probe"])
    reasons = {
        "bad:deed=segfault": "clip clip_0: its worker process was ended by SIGSEGV",
        "bad:built=segfault": "its worker process was ended by SIGSEGV",
        "bad:deed=_exit": "clip clip_0: its worker process ended with exit status 0",
        "bad:deed=sleep": "clip clip_0: took longer than 4 s (--clip-timeout)",
        "bad:deed=memory": "clip clip_0: its worker process took more than 1.5 GB of memory (--worker-memory)",
        "bad:deed=sys.exit": "clip clip_0: ContractError: raised SystemExit: 0",
    }
    for method, reason in reasons.items():
        assert set(cells.loc[method, "status"]) == {"failed"}
        assert cells.loc[method, "reason"].str.startswith(reason).all(), cells.loc[method, "reason"].tolist()
    assert "in upscale" in log_of(tmp_path / "workers", cells.loc[("bad:deed=sleep", "psnr_y"), "cell"])
    fine = ["hr", "bicubic", "nearest", "drawing", "bad:deed=default dtype"]
    assert set(cells.loc[fine, "status"]) == {"ok"}
    assert numbers(tmp_path / "workers", fine[:4]) == numbers(tmp_path / "alone", fine[:4])
    execution = json.loads((tmp_path / "workers" / "run.json").read_text())["execution"]
    assert execution["workers"] == 1 and execution["devices"] == ["cpu"] and execution["restarts"] == 5
    assert not children()


def numbers(out: Path, methods: list[str]) -> list[Any]:
    clips = load_run(out).clips
    kept = clips[clips["method"].isin(methods) & clips["probe"].isin(["psnr_y", "fragile"])]
    columns = ["method", "probe", "clip", "psnr_y", "fragile"]
    return sorted(kept.reindex(columns=columns).astype(str).to_numpy().tolist())


def log_of(out: Path, cell: str) -> str:
    return (out / "cells" / cell / "error.txt").read_text()


@pytest.mark.slow
def test_workers_that_are_killed_at_random_moments_change_no_number(
    tmp_path: Path, quick: Benchmark, do_run: Callable[..., Any], made_clips: Callable[..., Path]
) -> None:
    data = made_clips(classes=2, per_class=6)
    do_run(Request(quick, sr=SR, data=data), tmp_path / "alone")
    with killer(KILLS, (0.3, 2.5)) as killed:
        do_run(Request(quick, sr=SR, data=data, executor="processes:workers=2"), tmp_path / "workers")
    methods = ["hr", "bicubic", "nearest", "drawing"]
    assert numbers(tmp_path / "workers", methods) == numbers(tmp_path / "alone", methods)
    execution = json.loads((tmp_path / "workers" / "run.json").read_text())["execution"]
    assert killed and execution["restarts"] >= 1 and not children()
