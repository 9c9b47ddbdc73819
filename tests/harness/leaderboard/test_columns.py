"""Which columns a table has and in what order: from the run folder, or else as they are declared."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from harness.leaderboard import csv, plot
from harness.leaderboard import json as json_report
from harness.leaderboard.columns import declared_columns, read_columns
from harness.leaderboard.console import plain
from harness.leaderboard.markdown import render
from harness.leaderboard.table import Leaderboard, build
from harness.registry import load_registry
from harness.specs import Column

SHARP = Column("sharp", "sharpness", short="sharp", order=15, digits=1)
OLD = [
    # what run.json of the first version says: fewer facts, and titles that its table did not have
    {"key": "psnr_y", "title": "PSNR-Y (dB)", "higher_is_better": True, "digits": 2},
    {"key": "ssim_y", "title": "SSIM-Y", "higher_is_better": True, "digits": 4},
    {"key": "flow_epe", "title": "flow EPE (px)", "higher_is_better": False, "digits": 3},
    {"key": "flow_bad1", "title": "flow > 1 px (%)", "higher_is_better": False, "digits": 1},
    {"key": "warp_error", "title": "warping error (grey levels²)", "higher_is_better": False, "digits": 1},
]
DECLARED = [Column("late", "late", order=90), SHARP, Column("extra", "extra")]


def test_declared_places_order_the_main_table_and_only_recorded_columns_come_after() -> None:
    recorded = [asdict(Column("mine", "mine")), asdict(Column("first", "first", order=1))]
    found = read_columns({"columns": recorded}, DECLARED)
    assert [column.key for column in found] == ["first", "sharp", "late", "mine"]


def test_what_the_folder_says_in_full_overrides_the_declaration() -> None:
    recorded = json.loads(json.dumps(asdict(replace(SHARP, title="as it was", ratio=("a", "b")))))
    (found,) = [c for c in read_columns({"columns": [recorded]}, DECLARED) if c.key == "sharp"]
    assert found.title == "as it was" and found.ratio == ("a", "b")


def test_what_an_older_version_wrote_is_shown_as_declared_today() -> None:
    old = {"key": "sharp", "title": "old", "higher_is_better": True, "digits": 2}
    assert SHARP in read_columns({"columns": [old]}, DECLARED)
    gone = read_columns({"columns": [{**old, "key": "gone"}]}, DECLARED)[-1]
    assert gone == Column("gone", "old")  # its plugin is not installed any more


def test_a_newer_version_s_facts_are_left_out() -> None:
    (found,) = read_columns({"columns": [{**asdict(Column("a", "a")), "colour": "red"}]}, [])
    assert found == Column("a", "a")


def test_a_third_party_s_column_and_ratio_take_their_places(full_run: Any) -> None:
    for name in ("bicubic", "rcan"):
        full_run.probe(name, "sharpness", sharp=3.14159, made=6, took=[0.5] * 144)
    record = full_run.record()
    rate = Column("rate", "rate", higher_is_better=None, digits=1, whole_from=10, order=17, ratio=("made", "took"))
    record.info["columns"] = [asdict(SHARP), asdict(rate)]
    board = build(record)
    rcan = next(row for row in board.rows if row.sr == "rcan")
    assert rcan.measures["rate"] == 12.0 and rcan.measures["sharp"] == 3.14159
    assert list(board.records[0]).index("psnr_y") < list(board.records[0]).index("sharp")
    assert "made" not in rcan.measures and "took" not in rcan.measures
    (head,) = [line for line in render(board).splitlines() if line.startswith("| SR | spatial | temporal")]
    assert "| PSNR-Y ↑ | sharpness ↑ | rate | SSIM-Y ↑ |" in head
    assert "| 3.1 | 12 |" in next(line for line in render(board).splitlines() if line.startswith("| `rcan`"))
    assert "PSNR sharp rate SSIM" in " ".join(plain(board).split())


def forms(board: Leaderboard) -> list[object]:
    return [json_report.render(board), csv.render(board), render(board), plain(board), plot.render(board)]


@pytest.mark.parametrize("measured", [True, False])
def test_a_folder_of_the_first_version_gives_the_bytes_of_one_of_today(full_run: Any, measured: bool) -> None:
    record = full_run.record(pairs=["rcan+vdsr"])
    if not measured:
        record = replace(record, cells=record.cells[record.cells["recognizer"].notna()])
    record.info["columns"] = OLD
    old = build(record)
    recorded = {column["key"] for column in OLD}
    every = declared_columns(load_registry([]))
    today = [c for c in every if c.key in recorded or (c.ratio and c.order is not None)]
    record.info["columns"] = json.loads(json.dumps([asdict(column) for column in today]))
    assert forms(old) == forms(build(record))
    keys = list(old.records[0])
    first = keys.index("recovered_high") + 1
    assert keys[first : first + 4] == ["psnr_y", "ssim_y", "flow_epe", "warp_error"]  # whatever was measured
    head = "| PSNR-Y ↑ | SSIM-Y ↑ | flow EPE ↓ | warp error ↓ | fps | params |"
    assert (head in render(old)) == measured and "| fps | params |" in render(old)
