"""The table of robustness as Markdown, CSV and for the terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from harness.leaderboard.markdown import code, inline, line
from harness.leaderboard.robustness.measure import Robust, Robustness
from harness.leaderboard.text import number
from harness.tables import Column, Table
from harness.terminal import shown

HOW_TO_READ = (
    "Top-1 accuracy in percent in the stream that ranks, by degradation. Mean: over all degradations, with its 95 % "
    "interval over groups of clips (mPC). Relative: the mean's share of the accuracy on HR frames, in percent (rPC)."
)


def markdown(title: str, found: Sequence[Robustness], notes: Sequence[str]) -> str:
    """The whole page; nothing in names is markup."""
    parts = [f"# {inline(title)}", *map(inline, notes)]
    for one in found:
        head = ["SR", *map(inline, one.degradations), "mean", "relative"]
        rows = [[code(row.method), *_numbers(row, one.degradations)] for row in one.rows]
        parts += [f"## {inline(one.recognizer)}, {one.stream}"]
        parts += ["\n".join(map(line, [head, ["---", *["---:"] * (len(head) - 1)], *rows]))]
    return "\n\n".join([*parts, HOW_TO_READ]) + "\n"


def comma_separated(found: Sequence[Robustness]) -> str:
    """One line for each recogniser, method and degradation, and one for the mean, whose degradation is empty."""
    file = io.StringIO()
    lines = csv.writer(file, lineterminator="\n")
    lines.writerow(["recognizer", "stream", "sr", "degradation", "top1", "low", "high", "relative"])
    for one in found:
        for row in one.rows:
            for name in one.degradations:
                lines.writerow([one.recognizer, one.stream, row.method, name, _plain(row.accuracies[name]), "", "", ""])
            total = map(_plain, (row.mean, row.low, row.high, row.relative))
            lines.writerow([one.recognizer, one.stream, row.method, "", *total])
    return file.getvalue()


def for_terminal(one: Robustness) -> Table:
    """Degradations are told from each other by their numbers below the table, as their names are long."""
    names = [str(place) for place in range(1, len(one.degradations) + 1)]
    columns = [Column("SR", names=True), *(Column(name, right=True) for name in [*names, "mean", "relative"])]
    return Table(
        columns, [[shown(row.method), *_numbers(row, one.degradations)] for row in one.rows],
        title=f"{shown(one.recognizer)}, {one.stream}", continued=True,
    )  # fmt: skip


def _numbers(row: Robust, degradations: Sequence[str]) -> list[str]:
    own = [number(row.accuracies[name], 1) for name in degradations]
    return [*own, _mean(row), number(row.relative, 1)]


def _mean(row: Robust) -> str:
    interval = "" if row.low is None else f" [{number(row.low, 1)}, {number(row.high, 1)}]"
    return f"{number(row.mean, 1)}{interval}"


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
