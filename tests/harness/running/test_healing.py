"""A run folder heals itself: whatever a kill or damage leaves, the next run ends as an undisturbed one."""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DamagedError
from harness.leaderboard.table import build
from harness.planning.benchmark import load_benchmark
from harness.planning.selecting import Request
from harness.registry import load_registry
from harness.running import store
from harness.running.context import open_context
from harness.running.reading import load_run
from harness.running.recorder import Listener
from harness.running.store import CellRecord, RunFolder, open_run
from harness.running.workflow import execute, record_start

BYTES = 50
"""Every so many bytes a file is cut."""


plugins = cache(load_registry)


class Silent(Listener):
    """Takes note of nothing."""


@pytest.fixture
def request_(made_clips: Callable[..., Path]) -> Request:
    changes = {"recognizers": {}, "pairs": [], "probes": ["psnr_y"]}
    return Request(load_benchmark("mini-2").model_copy(update=changes), sr="nearest", data=made_clips(classes=2))


def do_run(request: Request, out: Path) -> RunFolder:
    registry = plugins()
    context = open_context(request, registry)
    with open_run(out) as folder:
        record_start(context, request, folder)
        execute(context, request, folder, registry, Silent())
    return folder


def table(out: Path) -> list[dict[str, Any]]:
    board = build(load_run(out))
    return [{key: value for key, value in row.items() if key != "fps"} for row in board.records]


@contextmanager
def killed_at(moment: int) -> Iterator[None]:
    """This process dies at the moment-th step of writing: before, in the middle of, and after each file or line."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    whole, replacing, line = store.write_atomically, store.replacing, store.sealed_line

    def writing(path: Path, content: str | bytes) -> None:
        step()
        whole(path, content)
        step()

    @contextmanager
    def replacing_in_steps(path: Path) -> Iterator[Path]:
        step()
        with replacing(path) as temporary:
            yield temporary
            step()
        step()

    def append(record: CellRecord, row: dict[str, Any]) -> None:
        text = line(row)
        step()
        for piece in (text[: len(text) // 2], text[len(text) // 2 :]):
            with record._rows_file.open("a") as file:
                file.write(piece)
            step()

    patch = pytest.MonkeyPatch()
    patch.setattr(store, "write_atomically", writing)
    patch.setattr(store, "replacing", replacing_in_steps)
    patch.setattr(CellRecord, "append", append)
    try:
        yield
    finally:
        patch.undo()


def killed_run(request: Request, out: Path, moment: int) -> bool:
    """Run in a process of its own that is killed at a moment; False if it ended before."""
    gc.collect()  # what libav made in threads must not be freed in the child, which has none of them
    child = os.fork()
    if child == 0:
        gc.disable()
        try:
            with killed_at(moment):
                do_run(request, out)
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


@pytest.mark.slow
def test_every_moment_of_a_kill_leads_to_the_undisturbed_leaderboard(tmp_path: Path, request_: Request) -> None:
    quick = replace(request_, sr="bicubic", limit=2)
    do_run(quick, tmp_path / "whole")
    expected = table(tmp_path / "whole")
    moment, out = 0, tmp_path / "cut"
    gc.collect()
    gc.freeze()  # so that a collection before every fork looks only at what came since
    while killed_run(quick, out, moment := moment + 1):
        folder = do_run(quick, out)
        assert table(out) == expected, f"killed at step {moment}"
        assert folder.healed == [], "a kill damages nothing"
        shutil.rmtree(out)
    gc.unfreeze()
    assert moment > 2 * (2 * 3 + 3 * 2), "two cells of two clips were written"


def test_whatever_is_cut_is_noticed(tmp_path: Path, request_: Request) -> None:
    do_run(request_, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    for file in [folder.path / "run.json", *folder.path.glob("cells/*/*")]:
        content = file.read_bytes()
        for length in range(0, len(content), BYTES):
            file.write_bytes(content[:length])
            with pytest.raises(DamagedError):
                folder.info() if file.name == "run.json" else CellRecord(file.parent).check()
        file.write_bytes(content)
    assert folder.heal() == []


def broken(out: Path, how: str) -> Path:
    """Damage a finished run in one way; returns what was damaged."""
    cells = sorted((out / "cells").iterdir())
    facts = cells[0] / "cell.json"
    if how == "half of run.json":
        file = out / "run.json"
        file.write_bytes(file.read_bytes()[:400])
        return file
    if how == "empty cell.json":
        facts.write_bytes(b"")
    elif how == "foreign cell.json":
        shutil.copy(cells[1] / "cell.json", facts)
    elif how == "changed cell.json":
        facts.write_text(facts.read_text().replace('"clips": 4', '"clips": 5'))
    elif how == "no cell.json":
        facts.unlink()
    elif how == "no parquet":
        (cells[0] / "clips.parquet").unlink()
    elif how == "foreign parquet":
        shutil.copy(cells[1] / "clips.parquet", cells[0] / "clips.parquet")
    return cells[0]


DAMAGES = (
    "half of run.json", "empty cell.json", "foreign cell.json", "changed cell.json", "no cell.json", "no parquet",
    "foreign parquet",
)  # fmt: skip


@pytest.mark.parametrize("how", DAMAGES)
def test_damage_is_named_set_aside_and_computed_again(tmp_path: Path, request_: Request, how: str) -> None:
    out = tmp_path / "run"
    do_run(request_, out)
    expected = table(out)
    damaged = broken(out, how)
    if damaged.name == "run.json":
        with pytest.raises(DamagedError, match=r"run\.json.*the same `harness run` command"):
            load_run(out)
    elif how != "no cell.json":
        notes = build(load_run(out)).notes
        assert any(f"cell {damaged.name} is damaged and left out" in note for note in notes)
    folder = do_run(request_, out)
    [line] = folder.healed
    assert damaged.name in line and (out / "damaged" / damaged.name).exists()
    assert table(out) == expected and load_run(out).remarks == ()
    assert do_run(request_, out).healed == []


@pytest.mark.parametrize("part", [1, 2])
def test_a_cut_line_costs_its_clip_alone(tmp_path: Path, part: int) -> None:
    rows = [{"clip": name, "label": 0, "group": "g", "psnr_y": 30.0 + index} for index, name in enumerate("ab")]
    for length in range(1, len(json.dumps(rows[0])), 5):
        record = CellRecord(tmp_path / f"{part}-{length}")
        record.begin({})
        for row in rows[: part - 1]:
            record.append(row)
        with record._rows_file.open("a") as file:
            file.write(store.sealed_line(rows[part - 1])[:length])
        again = CellRecord(record.folder)
        done = again.begin({})
        assert done == {row["clip"] for row in rows[: part - 1]}
        for row in rows[part - 1 :]:
            again.append(row)
        again.finish(["a", "b"])
        assert [row["psnr_y"] for row in again.rows()] == [30.0, 31.0]
