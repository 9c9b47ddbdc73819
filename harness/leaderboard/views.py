"""Which columns people are shown, how each is written, which cells are marked: the same in all forms for reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.leaderboard.row import Accuracy, Comparison, Row
from harness.leaderboard.streams import headline
from harness.leaderboard.table import Leaderboard
from harness.leaderboard.text import accuracy, gain, measure, number, p_value, recovered, signed, size, top1
from harness.specs import CEILING, FLOOR, SCORED, Column

BEST, TIED = "best", "tied"
TIED_SIGN = "≈"
ARROWS = {True: " ↑", False: " ↓", None: ""}
HOW_TO_READ = (
    "Top-1 accuracy in percent. All intervals are at 95 % and take groups of clips, not clips, for independent; those "
    "of accuracies are Wilson's with a design effect and the quantile of Student's t.",
    f"The best method is emphasised; {TIED_SIGN} marks those that are not told apart from it. All pairs of methods are "
    "compared at once (sign-flip test over groups, largest difference of all pairs), so that where all are equal, one "
    "loses its mark in 5 % of runs; `p (best)` is that comparison's.",
    "Rank is that of the stream that ranks; methods that are not told apart from the first of their group share it.",
    f"Gain is the paired difference from `{FLOOR}` in the stream that ranks; p is from an exact sign-flip test over "
    "groups, and below 0.05 exactly where the interval is without 0. Both are of one comparison: of many, some are "
    f"told apart by chance, so where `{FLOOR}` leads, a method with such a p may still bear {TIED_SIGN}.",
    f"Recovered is the share of the gap between `{FLOOR}` (0 %) and `{CEILING}` (100 %) that a method closes, with "
    "Fieller's interval; a dash where the gap is not told apart from 0.",
    "`a+b` feeds the spatial stream from method `a` and the temporal stream from method `b`.",
)


def how_to_read(floor: str) -> list[str]:
    """`HOW_TO_READ` for a table with this floor."""
    return [text.replace(f"`{FLOOR}`", f"`{floor}`") for text in HOW_TO_READ]


def no_mark(row: Row) -> str | None:
    """For columns in which nothing is marked."""
    return None


@dataclass(frozen=True)
class View:
    """One column: its title, the text of a row's cell, and whether that cell is `BEST`, `TIED` or neither."""

    title: str
    text: Callable[[Row], str]
    mark: Callable[[Row], str | None] = no_mark


def main_views(board: Leaderboard, rows: Sequence[Row], *, compact: bool = False) -> list[View]:
    """Accuracy, gain, quality and cost of one recogniser's rows.

    Columns without any number are left out, except what a method costs: its speed and its size.
    """
    stream = headline(row.streams for row in rows)
    views = [_accuracy_view(s, rows, digits=0 if compact else 1) for s in known_streams(rows)]
    if any(row.streams[stream].rank is not None for row in rows) and not compact:
        views.append(View("rank", lambda row: number(row.streams[stream].rank, 0)))
    if any(row.streams[stream].delta is not None for row in rows):
        views.append(_short_gain_view(stream) if compact else View("gain", lambda row: gain(row.streams[stream])))
    if any(row.recovered is not None for row in rows) and not compact:
        views.append(View("recovered", _recovered))
    shown = [column for column in board.main_columns if column.ratio or with_measures(rows, [column.key])]
    views += [measure_view(column, compact=compact) for column in shown]
    return views if compact else [*views, View("params", lambda row: size(row.params))]


def detail_views(rows: Sequence[Row]) -> list[View]:
    """Mean class accuracy, top-5 and p-values of every stream."""
    return [view for stream in known_streams(rows) for view in _details(stream)]


def published_views(rows: Sequence[Row]) -> list[View]:
    """Measured mean class accuracy, the published number and their difference, of every stream that has one."""
    streams = [s for s in SCORED if any(_compared(row, s).published is not None for row in rows)]
    return [view for stream in streams for view in _published(stream)]


def measure_view(column: Column, *, compact: bool = False) -> View:
    """A probe's number; its title says which direction is better unless space is short."""
    title = column.short or column.title if compact else column.title + ARROWS[column.higher_is_better]
    return View(title, lambda row: measure(row.measures[column.key], column))


def known_streams(rows: Sequence[Row]) -> list[str]:
    """Streams in which some row has an accuracy."""
    return [stream for stream in SCORED if any(row.streams[stream].top1 is not None for row in rows)]


def with_accuracy(rows: Sequence[Row]) -> list[Row]:
    """Rows that have an accuracy in some stream."""
    return [row for row in rows if any(accuracy.top1 is not None for accuracy in row.streams.values())]


def with_measures(rows: Sequence[Row], keys: Sequence[str]) -> list[Row]:
    """Rows that have at least one of these numbers of probes."""
    return [row for row in rows if any(row.measures[key] is not None for key in keys)]


def with_comparison(rows: Sequence[Row]) -> list[Row]:
    """Rows that have a published number."""
    return [row for row in rows if any(found.published is not None for found in row.published.values())]


def with_any_number(rows: Sequence[Row]) -> list[Row]:
    """Rows that finished or have some number; the others are named with their reason below the table."""
    return [row for row in rows if row.ok or row.has_numbers]


def _accuracy_view(stream: str, rows: Sequence[Row], digits: int) -> View:
    best = max((row.streams[stream].top1 or 0.0 for row in rows if row.streams[stream].best), default=None)

    def mark(row: Row) -> str | None:
        own = row.streams[stream]
        if not own.best:
            return None
        return BEST if own.top1 == best else TIED

    return View(stream, lambda row: top1(row.streams[stream], digits), mark)


def _recovered(row: Row) -> str:
    return recovered(row.recovered, row.recovered_low, row.recovered_high)


def _short_gain_view(stream: str) -> View:
    return View("gain", lambda row: signed(row.streams[stream].delta))


def _compared(row: Row, stream: str) -> Comparison:
    return row.published.get(stream, Comparison())


def _published(stream: str) -> list[View]:
    return [
        View(stream, lambda row: number(row.streams[stream].top1_mean_class, 1)),
        View("published", lambda row: number(_compared(row, stream).published, 1)),
        View("difference", lambda row: signed(_compared(row, stream).difference)),
    ]


def _details(stream: str) -> list[View]:
    return [
        View(f"{stream} mean class", lambda row: _mean_class(row.streams[stream])),
        View(f"{stream} top-5", lambda row: _top5(row.streams[stream])),
        View(f"{stream} p", lambda row: p_value(row.streams[stream].p)),
        View(f"{stream} p (McNemar)", lambda row: p_value(row.streams[stream].mcnemar_p)),
        View(f"{stream} p (best)", lambda row: p_value(row.streams[stream].best_p)),
    ]


def _mean_class(own: Accuracy) -> str:
    return accuracy(own.top1_mean_class, own.top1_mean_class_low, own.top1_mean_class_high)


def _top5(own: Accuracy) -> str:
    return accuracy(own.top1_top5, own.top1_top5_low, own.top1_top5_high)
