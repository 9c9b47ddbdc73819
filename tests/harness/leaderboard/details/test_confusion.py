"""Confusion matrices, against `pandas.crosstab` on what the run stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness import RunRecord
from harness.errors import UnknownNameError
from harness.leaderboard.details import page as pages
from harness.leaderboard.details.confusion import NONE, confusions, page
from harness.leaderboard.table import Leaderboard, build

pytestmark = pytest.mark.slow  # the run behind `folder`

Make = Callable[..., Any]
SIZE = range(12)


@pytest.mark.parametrize("method", ["hr", "nearest", "nearest+lanczos"])
def test_counts_are_those_of_crosstab(board: Leaderboard, run: RunRecord, stored: pd.DataFrame, method: str) -> None:
    own = stored[(stored["method"] == method) & (stored["stream"] == "fusion")]
    expected = pd.crosstab(own["label"], own["predicted"]).reindex(index=SIZE, columns=SIZE, fill_value=0)
    assert len(own) == 24 and (expected.to_numpy() != np.diag(np.diag(expected))).any()  # there are confusions
    ((found,), lacking) = confusions(board, run, method)
    assert (found.counts == expected.to_numpy()).all() and lacking == []


@pytest.mark.parametrize(("fusion", "stream"), [((1.0, 0.0), "spatial"), ((0.0, 1.0), "temporal")])
def test_other_weights_show_one_stream_alone(
    run: RunRecord, stored: pd.DataFrame, fusion: tuple[float, float], stream: str
) -> None:
    own = stored[(stored["method"] == "nearest") & (stored["stream"] == stream)]
    expected = pd.crosstab(own["label"], own["predicted"]).reindex(index=SIZE, columns=SIZE, fill_value=0)
    ((found,), _) = confusions(build(run, fusion=fusion), run, "nearest")
    assert (found.counts == expected.to_numpy()).all()


def test_every_form_has_every_count(board: Leaderboard, run: RunRecord, classes: list[str]) -> None:
    ((found,), _) = confusions(board, run, "nearest")
    shown = page(board, run, "nearest")
    table = pd.read_csv(StringIO(pages.comma_separated(shown)))
    assert list(table.columns) == ["recognizer", "stream", "sr", "class", *classes] and list(table["class"]) == classes
    assert (table[classes].to_numpy() == found.counts).all()
    (facts,) = json.loads(pages.as_json(board, shown))["confusion"]
    assert facts["counts"] == found.counts.tolist() and facts["class"] == classes
    assert (facts["sr"], facts["recognizer"], facts["stream"], facts["clips"]) == ("nearest", "tsn", "fusion", 24)
    for label, line in enumerate(shown.sheets[0].lines):
        row = found.counts[label]
        assert line[:3] == [f"{label} {classes[label]}", "2", f"{50 * row[label]:.1f}"]
        assert [0 if text == NONE else int(text) for text in line[3:]] == row.tolist()
    right = int(np.trace(found.counts))
    assert shown.sheets[0].caption == f"{right} of 24 clips right, {100 * right / 24:.1f} %."


def test_a_wrong_name_gets_a_hint(board: Leaderboard, run: RunRecord) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown method of this run 'neerest'\. Did you mean 'nearest'"):
        page(board, run, "neerest")
