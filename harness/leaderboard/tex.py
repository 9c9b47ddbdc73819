"""The leaderboard for a paper: LaTeX with rules of booktabs, the best of a column bold, the second underlined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.leaderboard.accuracy import uses_ceiling
from harness.leaderboard.row import Row
from harness.leaderboard.table import Leaderboard
from harness.leaderboard.text import measure
from harness.leaderboard.views import known_streams, with_any_number, with_measures
from harness.specs import Column
from harness.terminal import shown

SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "`": r"\textasciigrave{}", "'": r"\textquotesingle{}",
    "\u2013": "--", "\u2014": "---", "\u2026": r"\ldots{}", "\u2248": r"$\approx$", "\u00d7": r"$\times$",
    "\u2191": r"$\uparrow$", "\u2193": r"$\downarrow$", "\u2212": "$-$",
}  # fmt: skip
NEEDS = "% needs \\usepackage[T1]{fontenc}, \\usepackage{textcomp} and \\usepackage{booktabs}"


@dataclass(frozen=True)
class _TexColumn:
    title: str
    text: Callable[[Row], str]
    value: Callable[[Row], float | None]
    higher: bool | None


def render(board: Leaderboard, *, intervals: bool = False) -> str:
    """A ``tabular`` for each recogniser, with 95 % intervals of accuracies below small if asked for.

    The ceiling does not compete for bold and underlined. Percentages have one decimal.
    """
    parts = [NEEDS, f"% {_comment(board.title)}"]
    parts += [f"% {_comment(key)}: {_comment(value)}" for key, value in board.protocol.items()]
    for recognizer in board.recognizers:
        if rows := with_any_number(board.of(recognizer)):
            parts += [f"% {_comment(recognizer or 'without a recogniser')}", *_tabular(board, rows, intervals)]
    return "\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Text from outside, in which nothing is a command; characters that the font may lack become question marks."""
    found = (SPECIAL.get(char, char) for char in " ".join(shown(text).split()))
    return "".join(part if part.isascii() or part in SPECIAL.values() else "?" for part in found)


def _tabular(board: Leaderboard, rows: Sequence[Row], intervals: bool) -> list[str]:
    columns = [_accuracy(stream, intervals) for stream in known_streams(rows)]
    columns += [_measure(own) for own in board.main_columns if with_measures(rows, [own.key])]
    places = [_places(column, rows) for column in columns]
    lines = [
        " & ".join([escaped(row.sr), *(_marked(c, p, row) for c, p in zip(columns, places, strict=True))]) + r" \\"
        for row in rows
    ]
    head = " & ".join(["SR", *(escaped(column.title) for column in columns)]) + r" \\"
    return [
        rf"\begin{{tabular}}{{l{'r' * len(columns)}}}", r"\toprule", head, r"\midrule", *lines, r"\bottomrule",
        r"\end{tabular}",
    ]  # fmt: skip


def _accuracy(stream: str, intervals: bool) -> _TexColumn:
    def text(row: Row) -> str:
        own = row.streams[stream]
        if own.top1 is None:
            return "--"
        ends = rf" {{\scriptsize [{own.top1_low:.1f}, {own.top1_high:.1f}]}}"
        return f"{own.top1:.1f}" + (ends if intervals and own.top1_low is not None else "")

    return _TexColumn(stream, text, lambda row: row.streams[stream].top1, True)


def _measure(column: Column) -> _TexColumn:
    arrow = {True: " \u2191", False: " \u2193", None: ""}[column.higher_is_better]
    return _TexColumn(
        column.title + arrow,
        lambda row: escaped(measure(row.measures[column.key], column)),
        lambda row: row.measures[column.key],
        column.higher_is_better,
    )


def _places(column: _TexColumn, rows: Sequence[Row]) -> list[str]:
    """The best and the second best text of a column, among the rows that compete."""
    if column.higher is None:
        return []
    found = {
        column.text(row): value for row in rows if not uses_ceiling(row.sr) and (value := column.value(row)) is not None
    }
    return sorted(found, key=lambda text: found[text], reverse=column.higher)[:2]


def _marked(column: _TexColumn, places: Sequence[str], row: Row) -> str:
    text = column.text(row)
    if uses_ceiling(row.sr) or text not in places:
        return text
    return rf"\textbf{{{text}}}" if text == places[0] else rf"\underline{{{text}}}"


def _comment(text: str) -> str:
    """Text on one line, which a comment ends with."""
    return " ".join(shown(text, keep="").split())
