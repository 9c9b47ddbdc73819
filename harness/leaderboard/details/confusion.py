"""What a method's clips are taken for: the confusion matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from harness.leaderboard.details.page import Page, Sheet
from harness.leaderboard.details.scored import Scored, headline_streams, predictions
from harness.leaderboard.table import Leaderboard
from harness.leaderboard.text import number
from harness.statistics.scores import Ints

if TYPE_CHECKING:
    from harness.running.reading import RunRecord

NONE = "·"
NOTES = (
    "Lines are the classes that clips are of, columns those that they were taken for, by number; counts of clips.",
    f"{NONE} is none. A line adds up to the class's clips; the diagonal is what is right.",
)


@dataclass(frozen=True)
class Confusion:
    """How one method's clips were classified by one recogniser, in the stream that ranks.

    `counts` ``(classes, classes)`` has a line for every class that clips are of and a column for every class that they
    were taken for.
    """

    method: str
    scored: Scored
    counts: Ints


def confusions(board: Leaderboard, run: RunRecord, method: str) -> tuple[list[Confusion], list[str]]:
    """The matrix of every recogniser that has measured a method or pair, and why others are left out.

    Raises `UsageError` where none has, or for a name that is not in the run.
    """
    found, lacking = headline_streams(board, run, [method])
    return [Confusion(method, scored, _counts(scored, method)) for scored in found], lacking


def page(board: Leaderboard, run: RunRecord, method: str) -> Page:
    """The matrices; the flat table is one as well, with a column for every class after those that say of what."""
    every, lacking = confusions(board, run, method)
    return Page(
        name="confusion",
        title=f"Confusions of {method}",
        sheets=[_sheet(one) for one in every],
        notes=[*NOTES, *lacking],
        table=pd.concat([_table(one) for one in every], ignore_index=True),
        content=[_content(one) for one in every],
    )


def _counts(scored: Scored, method: str) -> Ints:
    scores, size = scored.rows[method], len(scored.classes)
    counts = np.zeros((size, size), dtype=np.int64)
    np.add.at(counts, (scores.labels, predictions(scores)), 1)
    return counts


def _table(found: Confusion) -> pd.DataFrame:
    facts = {"recognizer": found.scored.recognizer, "stream": found.scored.stream, "sr": found.method}
    own = pd.DataFrame({**facts, "class": found.scored.classes})
    return pd.concat([own, pd.DataFrame(found.counts, columns=list(found.scored.classes))], axis=1)


def _content(found: Confusion) -> dict[str, Any]:
    return {
        "recognizer": found.scored.recognizer,
        "stream": found.scored.stream,
        "sr": found.method,
        "clips": int(found.counts.sum()),
        "class": list(found.scored.classes),
        "counts": found.counts.tolist(),
    }


def _sheet(found: Confusion) -> Sheet:
    right, total = int(np.trace(found.counts)), int(found.counts.sum())
    caption = f"{right} of {total} clips right, {100 * right / total:.1f} %."
    head = ["class", "clips", "right %", *map(str, range(len(found.counts)))]
    lines = []
    for label, row in enumerate(found.counts.tolist()):
        share = number(100 * row[label] / sum(row) if any(row) else None, 1)
        lines.append([f"{label} {found.scored.classes[label]}", str(sum(row)), share, *(str(n or NONE) for n in row)])
    return Sheet(found.scored.where, caption, head, lines, names=3)
