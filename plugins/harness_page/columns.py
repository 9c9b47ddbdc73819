"""The columns of the page's table: what each says, how it is written, and what it is sorted by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.leaderboard.row import Accuracy, Row
from harness.leaderboard.table import Leaderboard
from harness.leaderboard.text import accuracy, gain, measure, number, p_value, recovered, size, top1
from harness.leaderboard.views import ARROWS, known_streams, with_measures
from harness.specs import CEILING, Column

Interval = tuple[float | None, float | None, float | None]
BETTER = {True: " Higher is better.", False: " Lower is better.", None: ""}


@dataclass(frozen=True)
class PageColumn:
    """One column. `stream` is that whose column it is, if it is one's; `more` is shown only on request."""

    title: str
    says: str
    text: Callable[[Row], str]
    value: Callable[[Row], float | None]
    interval: Callable[[Row], Interval | None] = lambda row: None
    mark: Callable[[Row], str] = lambda row: ""
    stream: str = ""
    more: bool = False


def page_columns(board: Leaderboard) -> list[PageColumn]:
    """All columns that any row has a value in, those of the main table first."""
    streams = known_streams(board.rows)
    measures = [column for column in board.columns if with_measures(board.rows, [column.key])]
    found = [_accuracy(board, stream) for stream in streams]
    found += [_rank(board), _gain(board), _recovered(board)]
    found += [_measure(column) for column in measures if column.order is not None]
    found.append(_params())
    found += [_published(stream) for stream in streams]
    found += [column for stream in streams for column in _details(board, stream)]
    found += [_measure(column, more=True) for column in measures if column.order is None]
    return [column for column in found if any(column.value(row) is not None for row in board.rows)]


def ranking_of(board: Leaderboard, row: Row) -> Accuracy:
    """A row's accuracy in the stream that ranks its recogniser."""
    return row.streams[board.ranking[row.recognizer]]


def _accuracy(board: Leaderboard, stream: str) -> PageColumn:
    def own(row: Row) -> Accuracy:
        return row.streams[stream]

    return PageColumn(
        stream,
        f"Top-1 accuracy of the {stream} stream in percent, with its 95 % interval drawn below from 0 to 100. Groups "
        "of clips, not clips, are taken for independent. Bold is the best; ≈ is not told apart from it.",
        lambda row: top1(own(row)),
        lambda row: own(row).top1,
        interval=lambda row: (own(row).top1_low, own(row).top1, own(row).top1_high),
        mark=lambda row: _mark(board, row, stream),
        stream=stream,
    )


def _mark(board: Leaderboard, row: Row, stream: str) -> str:
    if not row.streams[stream].best:
        return ""
    rivals = [other.streams[stream] for other in board.of(row.recognizer)]
    best = max(own.top1 or 0.0 for own in rivals if own.best)
    return "best" if row.streams[stream].top1 == best else "tied"


def _rank(board: Leaderboard) -> PageColumn:
    return PageColumn(
        "rank",
        "Place in the stream that ranks. Methods that are not told apart from the first of their group share it; a "
        "group has one colour at its left.",
        lambda row: number(ranking_of(board, row).rank, 0),
        lambda row: ranking_of(board, row).rank,
    )


def _gain(board: Leaderboard) -> PageColumn:
    return PageColumn(
        "gain",
        f"Points of accuracy above {board.floor} on the same clips, in the stream that ranks, with the 95 % interval "
        "of the paired difference.",
        lambda row: gain(ranking_of(board, row)),
        lambda row: ranking_of(board, row).delta,
    )


def _recovered(board: Leaderboard) -> PageColumn:
    return PageColumn(
        "recovered",
        f"Share of the gap between {board.floor} (0 %) and {CEILING} (100 %) that is closed, with Fieller's interval; "
        "a dash where the gap is not told apart from 0.",
        lambda row: recovered(row.recovered, row.recovered_low, row.recovered_high),
        lambda row: row.recovered,
    )


def _measure(column: Column, *, more: bool = False) -> PageColumn:
    mean = "Total over all clips by total over all clips." if column.ratio else "Mean over clips."
    return PageColumn(
        column.title + ARROWS[column.higher_is_better],
        f"{column.axis or column.title}. {mean}{BETTER[column.higher_is_better]}",
        lambda row: measure(row.measures.get(column.key), column),
        lambda row: row.measures.get(column.key),
        more=more,
    )


def _params() -> PageColumn:
    return PageColumn(
        "params", "Number of parameters of the method's network.", lambda row: size(row.params), lambda row: row.params
    )


def _published(stream: str) -> PageColumn:
    def found(row: Row) -> float | None:
        return row.published[stream].published if stream in row.published else None

    return PageColumn(
        f"{stream} published",
        f"The published mean class accuracy of the {stream} stream under the same protocol, to stand beside the "
        "measured mean class accuracy.",
        lambda row: number(found(row), 1),
        found,
        stream=stream,
    )


def _details(board: Leaderboard, stream: str) -> Sequence[PageColumn]:
    def own(row: Row) -> Accuracy:
        return row.streams[stream]

    return [
        PageColumn(
            f"{stream} mean class", f"Mean of the classes' accuracies in the {stream} stream, with its 95 % interval.",
            lambda row: accuracy(own(row).top1_mean_class, own(row).top1_mean_class_low, own(row).top1_mean_class_high),
            lambda row: own(row).top1_mean_class, stream=stream, more=True,
        ),
        PageColumn(
            f"{stream} top-5", f"Share of clips whose class is among the five highest scores of the {stream} stream.",
            lambda row: accuracy(own(row).top1_top5, own(row).top1_top5_low, own(row).top1_top5_high),
            lambda row: own(row).top1_top5, stream=stream, more=True,
        ),
        PageColumn(
            f"{stream} p",
            f"p-value of the exact sign-flip test against {board.floor} over groups, in the {stream} stream.",
            lambda row: p_value(own(row).p), lambda row: own(row).p, stream=stream, more=True,
        ),
        PageColumn(
            f"{stream} p (best)",
            f"p-value of the comparison with the leader of the {stream} stream, adjusted for all pairs of rows.",
            lambda row: p_value(own(row).best_p), lambda row: own(row).best_p, stream=stream, more=True,
        ),
    ]  # fmt: skip
