"""Means over degradations and seeds, against numbers that can be counted, in every form."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from harness.errors import RunFolderError
from harness.leaderboard import lines
from harness.leaderboard.robustness import page, robustness_of
from harness.leaderboard.table import Leaderboard, build

Make = Callable[..., Any]


@pytest.fixture
def board(new_run: Make) -> Callable[..., Leaderboard]:
    """A table of 144 clips of which each method has so many right."""

    def make(**right: int) -> Leaderboard:
        run = new_run()
        for method, number in right.items():
            run.stream(method, "spatial", number)
        return build(run.record())

    return make


@pytest.fixture
def boards(board: Callable[..., Leaderboard]) -> dict[str, list[Leaderboard]]:
    return {
        "clean": [board(hr=144, bicubic=72, fine=108)],
        "drawn:scale=4": [board(hr=144, bicubic=36, fine=72), board(hr=144, bicubic=0, fine=72)],
    }


def test_seeds_are_averaged_first_and_then_degradations(boards: dict[str, list[Leaderboard]]) -> None:
    [found] = robustness_of(boards)
    rows = {row.method: row for row in found.rows}
    assert (found.recognizer, found.stream, found.degradations) == ("tsn", "spatial", ["clean", "drawn:scale=4"])
    assert [row.method for row in found.rows] == ["hr", "fine", "bicubic"]
    assert rows["bicubic"].accuracies == {"clean": 50.0, "drawn:scale=4": pytest.approx(12.5)}
    assert rows["bicubic"].mean == pytest.approx(31.25) and rows["bicubic"].relative == pytest.approx(31.25)
    assert rows["fine"].mean == pytest.approx(62.5)
    low, high = rows["fine"].low, rows["fine"].high
    assert low is not None and high is not None and 0 <= low < 62.5 < high <= 100


def test_a_method_that_lacks_a_degradation_has_no_mean_and_comes_last(
    boards: dict[str, list[Leaderboard]], board: Callable[..., Leaderboard]
) -> None:
    boards["third"] = [board(hr=144, bicubic=10)]
    [found] = robustness_of(boards)
    last = found.rows[-1]
    assert last.method == "fine" and last.mean is None and last.relative is None
    assert last.accuracies == {"clean": 75.0, "drawn:scale=4": 50.0, "third": None}


def test_runs_of_other_clips_are_refused(boards: dict[str, list[Leaderboard]], new_run: Make) -> None:
    run = new_run(clips=72)
    run.stream("bicubic", "spatial", 10)
    boards["fewer"] = [build(run.record())]
    with pytest.raises(RunFolderError, match="the runs are not of the same clips"):
        robustness_of(boards)


def test_all_forms_say_the_same_and_no_name_breaks_one(boards: dict[str, list[Leaderboard]]) -> None:
    [found] = robustness_of(boards)
    found = replace(found, rows=[replace(found.rows[1], method="a|b<script>"), *found.rows])
    text = page.markdown("title", [found], ["a note"])
    assert "| `bicubic` | 50.0 | 12.5 | 31.2" in text and "| 31.2 |" in text and "a note" in text
    assert "`a\\|b<script>`" in text
    numbers = list(csv.DictReader(io.StringIO(page.comma_separated([found]))))
    total = next(line for line in numbers if line["sr"] == "bicubic" and not line["degradation"])
    assert float(total["top1"]) == pytest.approx(31.25) and float(total["low"]) < 31.25 < float(total["high"])
    assert sum(line["sr"] == "bicubic" for line in numbers) == 3
    drawn = [lines.render("title", [found.accuracies], "degradation", ("hr", found.floor)) for _ in range(2)]
    assert Image.open(io.BytesIO(drawn[0])).width > 1000 and drawn[0] == drawn[1]
