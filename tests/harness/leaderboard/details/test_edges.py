"""Runs with little in them, and what cannot be shown: runs made by hand, for which no network runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.errors import UsageError
from harness.leaderboard.details import classes, confusion, flips, page
from harness.leaderboard.table import build

Make = Callable[..., Any]


def test_without_the_floor_there_is_no_difference(new_run: Make) -> None:
    made = new_run()
    made.stream("mine", "spatial", 30)
    record = made.record()
    (found,) = classes.class_accuracies(build(record), record)
    assert np.isnan(found.delta).all() and found.labels.tolist() == list(range(12))
    shown = classes.page(build(record), record)
    assert shown.table["delta"].isna().all() and shown.sheets[0].lines[0] == ["0", "12", "25.0 (3) \u2013"]
    assert json.loads(page.as_json(build(record), shown))["classes"][0]["delta"][0] == [None]


def test_a_run_without_class_scores_is_refused(new_run: Make) -> None:
    made = new_run()
    made.probe("bicubic", "psnr_y", psnr_y=20.0)
    made.stopped("bicubic", "tsn.spatial", "skipped", "no weights", recognizer="tsn", stream="spatial")
    record = made.record()
    with pytest.raises(UsageError, match="no method of this run has class scores: it needs a recogniser"):
        classes.page(build(record), record)


def test_a_recogniser_of_one_stream_shows_that(new_run: Make) -> None:
    made = new_run()
    made.stream("mine", "spatial", 140)
    ((found,), _) = confusion.confusions(build(made.record()), made.record(), "mine")
    assert found.scored.stream == "spatial" and np.trace(found.counts) == 140
    assert found.counts[8, 9] == 1 and found.scored.classes == [str(label) for label in range(12)]


def test_what_is_not_complete_says_why(new_run: Make) -> None:
    made = new_run()
    for stream in ("spatial", "temporal"):
        made.stream("bicubic", stream, 70)
    made.stream("half", "spatial", 70)
    made.stopped("half", "tsn.temporal", "failed", "clip c: boom", recognizer="tsn", stream="temporal")
    made.stream("frames", "spatial", 70)
    made.stopped("edvr", "tsn.spatial", "skipped", "no weights", recognizer="tsn", stream="spatial")
    board, record = build(made.record()), made.record()
    for method, why in (
        ("half", "half has no fusion scores of tsn (failed: tsn.temporal: clip c: boom)"),
        ("frames", "frames has no fusion scores of tsn (it has no cells of that kind in this run)"),
        ("edvr", "edvr has no fusion scores of tsn (skipped: no weights)"),
    ):
        with pytest.raises(UsageError) as raised:
            confusion.page(board, record, method)
        assert str(raised.value) == why


def test_a_recogniser_that_lacks_the_method_is_left_out_with_a_word(new_run: Make) -> None:
    made = new_run()
    for recognizer in ("tsn", "other"):
        made.stream("bicubic", "spatial", 70, recognizer)
    made.stream("mine", "spatial", 80, "tsn")
    made.stopped("mine", "other.spatial", "failed", "boom", recognizer="other", stream="spatial")
    board, record = build(made.record()), made.record()
    found, lacking = confusion.confusions(board, record, "mine")
    assert [one.scored.recognizer for one in found] == ["tsn"]
    assert lacking == ["mine has no spatial scores of other (failed: boom)"]
    assert lacking[0] in page.markdown(board, confusion.page(board, record, "mine"))
    assert len(confusion.confusions(board, record, "bicubic")[0]) == 2


def test_no_clip_still_has_its_columns(new_run: Make) -> None:
    made = new_run()
    made.stream("mine", "spatial", 30)
    made.stream("other", "spatial", 40)
    record = made.record()
    shown = flips.page(build(record), record, "mine", "other")
    assert page.comma_separated(shown) == ",".join(flips.COLUMNS) + "\n"
    assert shown.sheets[0].caption == "0 of 144 clips; other alone gets 10 right, both 30, neither 104."
    assert "| clip |" not in page.markdown(build(record), shown)
