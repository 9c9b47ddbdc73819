"""Two runs row by row: only what is beyond chance counts as a drop or a gain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.errors import RunFolderError, UsageError
from harness.leaderboard.comparing import Compared, compare_boards
from harness.leaderboard.table import Leaderboard, build
from harness.statistics import holm, sign_flip_p

NewRun = Callable[..., Any]


def board(new_run: NewRun, *, mine: int, other: int = 90, name: str = "mine", clips: int = 144) -> Leaderboard:
    run = new_run(clips)
    for method, right in (("bicubic", 80), (name, mine), ("other", other)):
        run.stream(method, "spatial", right)
    return build(run.record())


def verdicts(found: Compared) -> dict[str, str]:
    return {c.sr: "dropped" if c.dropped else "gained" if c.gained else "" for c in found.changes}


def test_a_drop_beyond_chance_is_told_from_one_that_may_be_chance(new_run: NewRun) -> None:
    found = compare_boards(board(new_run, mine=120), board(new_run, mine=60, other=92))
    assert verdicts(found) == {"mine": "dropped", "bicubic": "", "other": ""}
    (drop,) = found.dropped
    assert (drop.first, drop.second) == (pytest.approx(120 / 1.44), pytest.approx(60 / 1.44))
    assert drop.difference.value == pytest.approx(-60 / 1.44) and drop.difference.high < 0


def test_the_other_way_round_it_is_a_gain(new_run: NewRun) -> None:
    found = compare_boards(board(new_run, mine=60), board(new_run, mine=120))
    assert verdicts(found)["mine"] == "gained" and not found.dropped


def test_p_values_are_adjusted_for_all_that_is_compared(new_run: NewRun) -> None:
    before, after = board(new_run, mine=120), board(new_run, mine=100, other=84)
    found = compare_boards(before, after)
    raw = [change.difference.p for change in found.changes]
    assert [change.adjusted for change in found.changes] == pytest.approx(list(holm(np.array(raw))))
    groups = [f"g{i // 6:02d}" for i in range(144)]
    hit = {name: [i < right for i in range(144)] for name, right in (("before", 120), ("after", 100))}
    expected = sign_flip_p(np.array(hit["after"]), np.array(hit["before"]), groups)
    assert next(c for c in found.changes if c.sr == "mine").difference.p == pytest.approx(expected)


def test_rows_of_one_run_alone_are_named(new_run: NewRun) -> None:
    found = compare_boards(board(new_run, mine=100), board(new_run, mine=100, name="yours"))
    assert (found.only_first, found.only_second) == (["mine"], ["yours"])
    assert set(verdicts(found)) == {"bicubic", "other"}


def test_runs_without_anything_in_common_are_refused_with_what_to_do(new_run: NewRun) -> None:
    one, other = new_run(), new_run()
    one.stream("a", "spatial", 10)
    other.stream("b", "spatial", 10)
    with pytest.raises(UsageError, match="give both the same label"):
        compare_boards(build(one.record()), build(other.record()))


def test_other_clips_are_refused(new_run: NewRun) -> None:
    with pytest.raises(RunFolderError, match="cannot be joined"):
        compare_boards(board(new_run, mine=60, other=60), board(new_run, mine=60, other=60, clips=150))
