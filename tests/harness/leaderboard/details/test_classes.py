"""Accuracy class by class, against `groupby` on what the run stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pandas as pd
import pytest

from harness import RunRecord
from harness.leaderboard.details import page as pages
from harness.leaderboard.details.classes import class_accuracies, page
from harness.leaderboard.table import Leaderboard

pytestmark = pytest.mark.slow  # the run behind `folder`

Make = Callable[..., Any]


@pytest.fixture
def table(board: Leaderboard, run: RunRecord) -> pd.DataFrame:
    return pd.read_csv(StringIO(pages.comma_separated(page(board, run))))


def test_counts_and_accuracies_are_those_of_groupby(
    table: pd.DataFrame, stored: pd.DataFrame, classes: list[str]
) -> None:
    expected = stored.groupby(["stream", "method", "label"])["right"].agg(["size", "sum", "mean"])
    assert len(table) == len(expected) == 3 * 5 * 12
    for row in table.to_dict("records"):
        own = expected.loc[row["stream"], row["sr"], row["label"]]
        assert (row["clips"], row["right"], row["class"]) == (own["size"], own["sum"], classes[row["label"]])
        assert row["accuracy"] == pytest.approx(100 * own["mean"])


def test_differences_are_from_the_floor_and_sort_each_method_s_classes(
    table: pd.DataFrame, stored: pd.DataFrame
) -> None:
    accuracy = 100 * stored.groupby(["stream", "label", "method"])["right"].mean().unstack("method")
    expected = accuracy.sub(accuracy["bicubic"], axis=0)
    assert expected["nearest"].nunique() > 2  # there is something to sort
    for row in table.to_dict("records"):
        assert row["delta"] == pytest.approx(expected.loc[(row["stream"], row["label"]), row["sr"]])
    for _, own in table.groupby(["stream", "sr"]):
        assert own["delta"].is_monotonic_decreasing
    assert (table.loc[table["sr"] == "bicubic", "delta"] == 0).all()


def test_mean_over_clips_is_the_leaderboard_s_accuracy(table: pd.DataFrame, board: Leaderboard) -> None:
    total = table.groupby(["stream", "sr"])[["right", "clips"]].sum()
    for row in board.rows:
        for stream, accuracy in row.streams.items():
            own = total.loc[stream, row.sr]
            assert 100 * own["right"] / own["clips"] == pytest.approx(accuracy.top1)


def test_the_classes_of_a_sheet_are_in_the_order_of_the_mean_difference(
    board: Leaderboard, run: RunRecord, stored: pd.DataFrame, classes: list[str]
) -> None:
    accuracy = stored.groupby(["stream", "label", "method"])["right"].mean().unstack("method")
    helped = accuracy[["nearest", "lanczos", "nearest+lanczos"]].mean(axis=1) - accuracy["bicubic"]
    for found, sheet in zip(class_accuracies(board, run), page(board, run).sheets, strict=True):
        own = helped.loc[found.scored.stream]
        values = [round(own.loc[label], 9) for label in found.labels]
        assert values == sorted(values, reverse=True)
        assert [line[0] for line in sheet.lines] == [classes[label] for label in found.labels]
        assert sheet.head == ["class", "clips", *found.methods] and sheet.heading == found.scored.where


def test_a_cell_says_accuracy_count_and_points(board: Leaderboard, run: RunRecord, table: pd.DataFrame) -> None:
    (sheet,) = [sheet for sheet in page(board, run).sheets if sheet.heading == "tsn, temporal"]
    own = table[(table["stream"] == "temporal")].set_index(["class", "sr"])
    for name, clips, *texts in sheet.lines:
        for method, text in zip(sheet.head[2:], texts, strict=True):
            facts = own.loc[(name, method)]
            points = "" if method == "bicubic" else f" {facts['delta']:+.1f}"
            assert (clips, text) == (str(facts["clips"]), f"{facts['accuracy']:.1f} ({facts['right']}){points}")


def test_json_says_the_same_as_csv(board: Leaderboard, run: RunRecord, table: pd.DataFrame) -> None:
    content = json.loads(pages.as_json(board, page(board, run)))
    assert content["title"] == "a small one" and content["protocol"]["scale"] == "x4"
    own = table.set_index(["stream", "sr", "class"])
    for part in content["classes"]:
        for key in ("accuracy", "delta", "right"):
            for i, name in enumerate(part["class"]):
                for j, method in enumerate(part["sr"]):
                    assert part[key][i][j] == pytest.approx(own.loc[(part["stream"], method, name), key], abs=1e-6)
