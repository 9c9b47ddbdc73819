"""Clips that one method gets right and another wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from harness.errors import UsageError
from harness.leaderboard.details.page import Page, Sheet
from harness.leaderboard.details.scored import Scored, headline_streams, predictions
from harness.leaderboard.row import tidy
from harness.leaderboard.table import Leaderboard

if TYPE_CHECKING:
    from harness.running.reading import RunRecord

CLIP = ("clip", "group", "label", "class")
ANSWERS = ("right_predicts", "wrong_predicts")
SCORES = ("right_score_true", "right_score_taken", "wrong_score_true", "wrong_score_taken")
COLUMNS = ("recognizer", "stream", "right", "wrong", *CLIP, *ANSWERS, *SCORES)
NOTES = (
    "Each method's answer with its score, and in brackets the class that the other answered with the score of that. "
    "Scores are the recogniser's raw ones, before softmax.",
    "Clips come first where the two methods are furthest apart. Ask for the other direction, too: mostly each of two "
    "methods gets some clips right that the other gets wrong.",
)


@dataclass(frozen=True)
class Flips:
    """Clips of one recogniser, in the stream that ranks, that `right` gets right and `wrong` wrong.

    `records` are one a clip with the keys `COLUMNS`; `agreed` counts clips that both get right, `lost` those that both
    get wrong, `back` those that only `wrong` gets right.
    """

    right: str
    wrong: str
    scored: Scored
    records: list[dict[str, Any]]
    agreed: int
    lost: int
    back: int


def flips(board: Leaderboard, run: RunRecord, right: str, wrong: str) -> tuple[list[Flips], list[str]]:
    """The clips by recogniser, and why recognisers are left out.

    Raises `UsageError` where no recogniser has measured both methods or pairs, for a name that is not in the run, or
    for one name twice.
    """
    if right == wrong:
        raise UsageError(f"--flips {right} {wrong}: these are the same; name two methods")
    found, lacking = headline_streams(board, run, [right, wrong])
    return [_of(scored, right, wrong) for scored in found], lacking


def page(board: Leaderboard, run: RunRecord, right: str, wrong: str) -> Page:
    """The clips with labels, both predictions and scores."""
    every, lacking = flips(board, run, right, wrong)
    return Page(
        name="flips",
        title=f"Clips that {right} gets right and {wrong} wrong",
        sheets=[_sheet(one) for one in every],
        notes=[*NOTES, *lacking],
        table=pd.DataFrame([record for one in every for record in one.records], columns=COLUMNS, dtype=object),
        content=[_content(one) for one in every],
    )


def _of(scored: Scored, right: str, wrong: str) -> Flips:
    first, second = scored.rows[right], scored.rows[wrong]
    good, bad = predictions(first) == first.labels, predictions(second) != first.labels
    records = [_record(scored, right, wrong, place) for place in np.flatnonzero(good & bad).tolist()]
    counts = [int(n.sum()) for n in (good & ~bad, ~good & bad, ~good & ~bad)]
    return Flips(right, wrong, scored, sorted(records, key=_apart, reverse=True), *counts)


def _record(scored: Scored, right: str, wrong: str, place: int) -> dict[str, Any]:
    clips, label = scored.clips, int(scored.clips.labels[place])
    taken = int(scored.rows[wrong].values[place].argmax())
    of_both = [scored.rows[name].values[place, of] for name in (right, wrong) for of in (label, taken)]
    return {
        "recognizer": scored.recognizer,
        "stream": scored.stream,
        "right": right,
        "wrong": wrong,
        "clip": clips.clips[place],
        "group": clips.groups[place],
        "label": label,
        "class": scored.classes[label],
        "right_predicts": scored.classes[label],
        "wrong_predicts": scored.classes[taken],
        **{key: tidy(key, float(value)) for key, value in zip(SCORES, of_both, strict=True)},
    }


def _apart(record: dict[str, Any]) -> float:
    """How far one is on its side of the boundary between the two classes, and the other on the other side."""
    good, taken_by_good, true_of_bad, bad = (record[key] for key in SCORES)
    return float((good - taken_by_good) + (bad - true_of_bad))


def _content(found: Flips) -> dict[str, Any]:
    scored = found.scored
    return {
        "recognizer": scored.recognizer,
        "stream": scored.stream,
        "right": found.right,
        "wrong": found.wrong,
        "only_right": len(found.records),
        "only_wrong": found.back,
        "both": found.agreed,
        "neither": found.lost,
        "clips": [{key: record[key] for key in (*CLIP, *ANSWERS, *SCORES)} for record in found.records],
    }


def _sheet(found: Flips) -> Sheet:
    count = len(found.records)
    total = count + found.back + found.agreed + found.lost
    caption = (
        f"{count} of {total} clips; {found.wrong} alone gets {found.back} right, both {found.agreed}, "
        f"neither {found.lost}."
    )
    lines = [_line(record) for record in found.records]
    return Sheet(found.scored.where, caption, ["clip", "class", found.right, found.wrong], lines, names=2)


def _line(record: dict[str, Any]) -> list[str]:
    own, other = (record[key] for key in ANSWERS)
    good, taken_by_good, true_of_bad, bad = (record[key] for key in SCORES)
    answers = f"{own} {good:.2f} ({other} {taken_by_good:.2f})", f"{other} {bad:.2f} ({own} {true_of_bad:.2f})"
    return [record["clip"], record["class"], *answers]
