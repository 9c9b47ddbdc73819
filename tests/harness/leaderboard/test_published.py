"""Published numbers beside measured ones in every form of the leaderboard."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pandas as pd
import pytest

from harness.leaderboard.console import plain
from harness.leaderboard.csv import render as csv_text
from harness.leaderboard.markdown import render
from harness.leaderboard.table import Leaderboard, build
from harness.running.reading import RunRecord

NUMBERS = [
    {"recognizer": "tsn", "stream": "spatial", "method": "bicubic", "top1": 71.25},
    {"recognizer": "tsn", "stream": "fusion", "method": "vdsr+rcan", "top1": 92.13},
    {"recognizer": "tsn", "stream": "spatial", "method": "esrgan", "top1": 82.97},
    {"recognizer": "other", "stream": "spatial", "method": "hr", "top1": 50.0},
]


@pytest.fixture
def record(full_run: Any) -> RunRecord:
    record: RunRecord = full_run.record()
    record.info["published"] = {"numbers": NUMBERS, "sources": ["Table 4"], "reasons": ["sosr: it is narrow"]}
    return record


def of(board: Leaderboard, name: str) -> dict[str, Any]:
    return next(record for record in board.records if record["sr"] == name)


def test_difference_is_of_mean_class_accuracy(record: RunRecord) -> None:
    board = build(record, pairs=["vdsr+rcan"])
    bicubic = of(board, "bicubic")
    assert bicubic["spatial_published"] == 71.25
    assert bicubic["spatial_difference"] == pytest.approx(bicubic["spatial_top1_mean_class"] - 71.25)
    assert bicubic["fusion_published"] is None and bicubic["fusion_difference"] is None
    assert of(board, "vdsr+rcan")["fusion_published"] == 92.13
    # what was not measured has no difference, and numbers of another recogniser are not used
    assert of(board, "esrgan")["spatial_difference"] is None and of(board, "hr")["spatial_published"] is None


def test_every_form_shows_them(record: RunRecord) -> None:
    board = build(record, pairs=["vdsr+rcan"])
    bicubic = of(board, "bicubic")
    text = render(board)
    assert "| SR | spatial | published | difference | fusion | published | difference |" in text
    row = f"| `bicubic` | {bicubic['spatial_top1_mean_class']:.1f} | 71.2 | {bicubic['spatial_difference']:+.1f} |"
    assert row in text
    assert "- Published numbers: Table 4." in text and "not shown: sosr: it is narrow." in text
    assert "compared with published numbers" in plain(board)
    table = pd.read_csv(StringIO(csv_text(board))).set_index("sr")
    assert table.loc["vdsr+rcan", "fusion_published"] == 92.13


def test_other_fusion_weights_hide_fused_numbers(record: RunRecord) -> None:
    board = build(record, pairs=["vdsr+rcan"], fusion=(1.0, 1.0))
    assert of(board, "vdsr+rcan")["fusion_published"] is None and of(board, "bicubic")["spatial_published"] == 71.25


def test_another_protocol_shows_only_why(record: RunRecord) -> None:
    record.info["published"] = {"numbers": [], "sources": ["Table 4"], "reasons": ["scale 4 (here 8)"]}
    board = build(record)
    assert not any(key.endswith("_published") for r in board.records for key in r)
    assert "ompared with published" not in render(board) + plain(board)
    assert "Published numbers (Table 4) are not shown: scale 4 (here 8)." in board.notes
