"""Clips that change sides between two methods, against what pandas finds in the stored files."""

from __future__ import annotations

import json
from io import StringIO

import pandas as pd
import pytest

from harness import RunRecord
from harness.errors import UnknownNameError, UsageError
from harness.leaderboard.details import page as pages
from harness.leaderboard.details.flips import COLUMNS, flips, page
from harness.leaderboard.table import Leaderboard, build

pytestmark = pytest.mark.slow  # the run behind `folder`

BOTH_WAYS = [("lanczos", "nearest"), ("nearest", "lanczos"), ("hr", "nearest"), ("nearest+lanczos", "nearest")]


def answers(stored: pd.DataFrame, method: str, stream: str = "fusion") -> pd.DataFrame:
    return stored[(stored["method"] == method) & (stored["stream"] == stream)].set_index("clip").sort_index()


@pytest.mark.parametrize(("right", "wrong"), BOTH_WAYS)
def test_clips_and_counts_are_those_that_pandas_finds(
    board: Leaderboard, run: RunRecord, stored: pd.DataFrame, right: str, wrong: str
) -> None:
    first, second = answers(stored, right), answers(stored, wrong)
    ((found,), _) = flips(board, run, right, wrong)
    assert {record["clip"] for record in found.records} == set(first.index[first["right"] & ~second["right"]])
    table = pd.crosstab(first["right"], second["right"]).reindex(
        index=[False, True], columns=[False, True], fill_value=0
    )
    counts = [[found.lost, found.back], [len(found.records), found.agreed]]
    assert counts == table.to_numpy().tolist() and table.to_numpy().sum() == 24


def test_there_is_something_to_find(stored: pd.DataFrame) -> None:
    first, second = answers(stored, "lanczos"), answers(stored, "nearest")
    assert (first["right"] & ~second["right"]).any() and (~first["right"] & second["right"]).any()


@pytest.mark.parametrize(("right", "wrong"), BOTH_WAYS)
def test_labels_predictions_and_scores_are_the_stored_ones(
    board: Leaderboard, run: RunRecord, stored: pd.DataFrame, classes: list[str], right: str, wrong: str
) -> None:
    table = pd.read_csv(StringIO(pages.comma_separated(page(board, run, right, wrong))))
    assert list(table.columns) == list(COLUMNS)
    first, second = answers(stored, right), answers(stored, wrong)
    for row in table.to_dict("records"):
        good, bad = first.loc[row["clip"]], second.loc[row["clip"]]
        label, taken = good["label"], bad["predicted"]
        assert (row["label"], row["group"], row["class"]) == (label, good["group"], classes[label])
        assert (row["right_predicts"], row["wrong_predicts"]) == (classes[good["predicted"]], classes[taken])
        expected = [values[of] for values in (good["scores"], bad["scores"]) for of in (label, taken)]
        assert [row[key] for key in COLUMNS[-4:]] == pytest.approx(expected, abs=1e-6)
    good, bad = (table[f"{which}_score_true"] - table[f"{which}_score_taken"] for which in ("right", "wrong"))
    assert (good - bad).is_monotonic_decreasing


def test_other_weights_show_one_stream_alone(run: RunRecord, stored: pd.DataFrame) -> None:
    first, second = answers(stored, "hr", "temporal"), answers(stored, "nearest", "temporal")
    ((found,), _) = flips(build(run, fusion=(0.0, 1.0)), run, "hr", "nearest")
    assert {record["clip"] for record in found.records} == set(first.index[first["right"] & ~second["right"]])


def test_every_form_has_every_clip(board: Leaderboard, run: RunRecord) -> None:
    ((found,), _) = flips(board, run, "lanczos", "nearest")
    shown = page(board, run, "lanczos", "nearest")
    (facts,) = json.loads(pages.as_json(board, shown))["flips"]
    names = [record["clip"] for record in found.records]
    assert [clip["clip"] for clip in facts["clips"]] == [line[0] for line in shown.sheets[0].lines] == names
    assert (facts["right"], facts["wrong"], facts["only_right"]) == ("lanczos", "nearest", len(names))
    record, line = found.records[0], shown.sheets[0].lines[0]
    own, other = record["right_predicts"], record["wrong_predicts"]
    assert line[2:] == [
        f"{own} {record['right_score_true']:.2f} ({other} {record['right_score_taken']:.2f})",
        f"{other} {record['wrong_score_taken']:.2f} ({own} {record['wrong_score_true']:.2f})",
    ]
    text = pages.markdown(board, shown)
    assert all(f"| {name} | " in text for name in names)


def test_what_cannot_be_compared_is_refused(board: Leaderboard, run: RunRecord) -> None:
    with pytest.raises(UsageError, match="--flips hr hr: these are the same"):
        page(board, run, "hr", "hr")
    with pytest.raises(UnknownNameError, match=r"'lanzcos'\. Did you mean 'lanczos'"):
        page(board, run, "hr", "lanzcos")
