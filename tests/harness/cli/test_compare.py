"""`harness compare` and `harness leaderboard` of several runs, as commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from harness.running.store import open_run

Cli = Callable[..., Result]
CLIPS = [f"clip{number:02d}" for number in range(60)]


@pytest.fixture
def write_run(tmp_path: Path) -> Callable[..., Path]:
    """Writes a run of one stream whose method gets the first so many clips right."""

    def write(name: str, right: int, method: str = "mine", scale: int = 4) -> Path:
        with open_run(tmp_path / name) as folder:
            for sr, number in (("bicubic", 20), (method, right)):
                cell = folder.cell(f"{sr}-tsn-spatial-0123")
                facts = {"cell": cell.folder.name, "method": sr, "probe": "tsn.spatial", "recognizer": "tsn"}
                cell.begin({**facts, "stream": "spatial"})
                for place, clip in enumerate(CLIPS):
                    scores = [2.0, 1.0] if (place < number) == (place % 2 == 0) else [1.0, 2.0]
                    cell.append({"clip": clip, "label": place % 2, "group": f"g{place // 3}", "scores": scores})
                cell.finish(CLIPS)
            folder.write_info(
                {
                    "schema_version": 1, "cells": list(folder.cells), "protocol": {"scale": f"x{scale}"},
                    "plan": {"clips": 60, "dataset_clips": 60, "pairs": [], "split_digest": "1"},
                    "benchmark": {"name": "toy", "title": "toy", "scale": scale, "fusion": [1.0, 1.5], "notes": []},
                }
            )  # fmt: skip
        return tmp_path / name

    return write


def test_a_significant_drop_is_exit_status_1(cli: Cli, write_run: Callable[..., Path]) -> None:
    before, after = write_run("before", 50), write_run("after", 20)
    found = cli("compare", before, after)
    assert found.exit_code == 1 and "dropped" in found.stdout and "1 dropped, 0 gained, of 2" in found.stdout
    assert cli("compare", after, before).exit_code == 0, "a gain is none"
    assert cli("compare", before, before).exit_code == 0


def test_programs_read_json(cli: Cli, write_run: Callable[..., Path]) -> None:
    found = cli("compare", write_run("before", 50), write_run("after", 20, method="mine"), "--json")
    changes = {change["sr"]: change for change in json.loads(found.stdout)["changes"]}
    assert changes["mine"]["verdict"] == "dropped" and changes["mine"]["difference"] == -50
    assert changes["bicubic"]["verdict"] == "" and changes["bicubic"]["adjusted_p"] == 1


def test_two_protocols_are_refused_by_name(cli: Cli, write_run: Callable[..., Path]) -> None:
    first, second = write_run("a", 30), write_run("b", 30, scale=2)
    for command in ("compare", "leaderboard"):
        found = cli(command, first, second)
        assert found.exit_code == 2 and "the benchmark's scale is 4 in the first and 2 in the second" in found.stderr


def test_runs_of_one_protocol_are_one_table(cli: Cli, write_run: Callable[..., Path]) -> None:
    found = cli("leaderboard", write_run("a", 30, method="one"), write_run("b", 40, method="other"), "--format", "csv")
    assert found.exit_code == 0, found.stderr
    assert {line.partition(",")[0] for line in found.stdout.splitlines()[1:]} == {"bicubic", "one", "other"}
