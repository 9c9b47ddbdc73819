"""The leaderboard as a picture: accuracy with intervals, and picture quality against accuracy."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from harness.leaderboard.labels import alignment, is_near, place_labels
from harness.leaderboard.row import Row
from harness.leaderboard.streams import headline
from harness.leaderboard.table import Leaderboard
from harness.leaderboard.views import known_streams, with_accuracy
from harness.shortening import shortened
from harness.specs import CEILING, FLOOR, Column
from harness.terminal import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

COLOURS = {"spatial": "#4477aa", "temporal": "#ccaa33", "fusion": "#222222"}
GREY = "#777777"
OFFSETS = {1: (0.0,), 2: (-0.16, 0.16), 3: (-0.24, 0.0, 0.24)}
DPI = 130
NAME_LETTERS = 30
"""Letters of a name, more only where it takes more to tell two apart."""
GUIDE_ROOM = 0.6
"""Rows that are left free below the last one, for the names of the lines at floor and ceiling."""
ROW_INCHES, MARGIN_INCHES, WIDTH_INCHES = 0.42, 1.5, 11.5


def render(board: Leaderboard) -> bytes:
    """PNG with a row of two panels for each recogniser; the same bytes for the same table."""
    return to_png(draw(board))


def to_png(figure: Figure) -> bytes:
    """The same bytes for the same figure."""
    buffer = BytesIO()
    FigureCanvasAgg(figure)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # a letter that the font lacks is a box in the picture
        # the default metadata names the version of matplotlib
        figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def draw(board: Leaderboard) -> Figure:
    """The figure: left the top-1 accuracy of every stream, right picture quality against the accuracy that ranks."""
    measured = {name: rows for name in board.recognizers if (rows := with_accuracy(board.of(name)))}
    heights = [ROW_INCHES * len(rows) + MARGIN_INCHES for rows in measured.values()] or [MARGIN_INCHES]
    figure = Figure(figsize=(WIDTH_INCHES, sum(heights)), layout="constrained")
    figure.suptitle(board.title, fontsize=11)
    if not measured:
        figure.text(0.5, 0.4, "no accuracy was measured in this run", ha="center", color=GREY)
        return figure
    axes = figure.subplots(len(measured), 2, squeeze=False, height_ratios=heights, width_ratios=(1.35, 1))
    quality = next((column for column in board.main_columns if column.axis), None)
    for (left, right), (recognizer, rows) in zip(axes, measured.items(), strict=True):
        _accuracies(left, rows, recognizer, board.floor)
        _quality_against_accuracy(right, rows, quality)
    return figure


def draw_accuracies(rows: Sequence[Row], recognizer: str | None, floor: str = FLOOR) -> Figure:
    """The left panel alone."""
    figure = Figure(figsize=(WIDTH_INCHES * 0.6, ROW_INCHES * len(rows) + MARGIN_INCHES), layout="constrained")
    _accuracies(figure.subplots(), rows, recognizer, floor)
    return figure


def draw_quality(board: Leaderboard, rows: Sequence[Row]) -> Figure | None:
    """The right panel alone; None where no row has both numbers."""
    quality = next((column for column in board.main_columns if column.axis), None)
    if quality is None or not _points(rows, headline(row.streams for row in rows), quality.key):
        return None
    figure = Figure(figsize=(WIDTH_INCHES * 0.5, WIDTH_INCHES * 0.4), layout="constrained")
    FigureCanvasAgg(figure)
    _quality_against_accuracy(figure.subplots(), rows, quality)
    return figure


def name_ticks(axis: Axis, names: Sequence[str], **style: Any) -> None:
    """Names along an axis from 0 on, shortened in the middle where they are long; nothing in them is markup."""
    texts = shortened([shown(name) for name in names], NAME_LETTERS)
    axis.set_ticks(range(len(names)), texts, parse_math=False, **style)


def _accuracies(axes: Axes, rows: Sequence[Row], recognizer: str | None, floor: str) -> None:
    streams = known_streams(rows)
    for offset, stream in zip(OFFSETS[len(streams)], streams, strict=True):
        found = [(place + offset, row.streams[stream]) for place, row in enumerate(rows)]
        points = [(place, top1, accuracy) for place, accuracy in found if (top1 := accuracy.top1) is not None]
        below = [top1 - _or(accuracy.top1_low, top1) for _, top1, accuracy in points]
        above = [_or(accuracy.top1_high, top1) - top1 for _, top1, accuracy in points]
        axes.errorbar(
            [top1 for _, top1, _ in points], [place for place, *_ in points], xerr=(below, above), fmt="o",
            markersize=5, linewidth=1.6, color=COLOURS[stream], label=stream,
        )  # fmt: skip
    _guides(axes, rows, floor)
    name_ticks(axes.yaxis, [row.sr for row in rows])
    axes.set_ylim(len(rows) - 0.5 + GUIDE_ROOM, -0.5)
    axes.set_xlabel("top-1 accuracy (%) with 95 % interval")
    axes.set_title(recognizer or "", loc="left", fontsize=10)
    axes.legend(frameon=False, ncols=3, fontsize=8, loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)
    _quiet(axes)


def _guides(axes: Axes, rows: Sequence[Row], floor: str) -> None:
    """Thin lines with names at floor and ceiling of the stream that ranks, and bands that separate the rows."""
    stream = headline(row.streams for row in rows)
    for row in rows:
        top1 = row.streams[stream].top1
        if row.sr in (floor, CEILING) and top1 is not None:
            axes.axvline(top1, color=COLOURS[stream], linewidth=0.8, linestyle=":", zorder=0)
            # on either side, so that they stay apart where the lines nearly meet
            side, shift = ("right", -3) if row.sr == floor else ("left", 3)
            axes.annotate(row.sr, (top1, len(rows) - 0.5 + GUIDE_ROOM / 2), xytext=(shift, 0), ha=side, va="center",
                          textcoords="offset points", fontsize=8, color=GREY, annotation_clip=False)  # fmt: skip
    for place in range(1, len(rows), 2):
        axes.axhspan(place - 0.5, place + 0.5, color="#f3f3f3", zorder=-1, linewidth=0)


def _quality_against_accuracy(axes: Axes, rows: Sequence[Row], quality: Column | None) -> None:
    stream = headline(row.streams for row in rows)
    points = _points(rows, stream, quality.key) if quality else []
    if not quality or not points:
        axes.set_axis_off()
        return
    axes.scatter([x for x, _, _ in points], [y for _, y, _ in points], s=34, color=COLOURS[stream], zorder=3)
    ceiling = next((row.streams[stream].top1 for row in rows if row.sr == CEILING), None)
    if ceiling is not None:
        axes.axhline(ceiling, color=GREY, linewidth=0.8, linestyle=":")
        axes.annotate(CEILING, (1, ceiling), xycoords=("axes fraction", "data"), xytext=(-2, 2),
                      textcoords="offset points", ha="right", fontsize=8, color=GREY)  # fmt: skip
    axes.margins(x=0.22, y=0.16)
    if quality.higher_is_better is False:
        axes.invert_xaxis()
    axes.set_xlabel(quality.axis)
    axes.set_ylabel(f"{stream} top-1 (%)")
    axes.set_title("picture quality against accuracy", loc="left", fontsize=10)
    _quiet(axes)
    _label(axes, points)


def _points(rows: Sequence[Row], stream: str, key: str) -> list[tuple[float, float, str]]:
    """Quality, accuracy and name of every row that has both."""
    found = [(row.measures[key], row.streams[stream].top1, row.sr) for row in rows]
    return [(x, y, name) for x, y, name in found if x is not None and y is not None]


def _label(axes: Axes, points: Sequence[tuple[float, float, str]]) -> None:
    """Names beside the points; one that had to move is joined to its point by a line."""
    figure = axes.get_figure(root=True)
    if figure is None:
        return
    figure.draw_without_rendering()  # settles the layout, so that data can be turned into points on paper
    paper = 72 / figure.dpi
    where = [(x, y) for x, y in (axes.transData.transform([(x, y) for x, y, _ in points]) * paper).tolist()]
    left, bottom, right, top = (float(end) * paper for end in axes.bbox.extents)
    names = shortened([shown(name) for _, _, name in points], NAME_LETTERS)
    offsets = place_labels(where, names, (left, bottom, right, top))
    for (x, y, _), name, offset in zip(points, names, offsets, strict=True):
        line = None if is_near(offset) else {"arrowstyle": "-", "color": "#bbbbbb", "linewidth": 0.6}
        axes.annotate(
            name, (x, y), xytext=offset, textcoords="offset points", va="center", ha=alignment(offset), fontsize=8,
            arrowprops=line, parse_math=False,
        )  # fmt: skip


def _quiet(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=9)
    axes.grid(axis="x", color="#e4e4e4", linewidth=0.6, zorder=-2)
    axes.set_axisbelow(True)


def _or(value: float | None, other: float) -> float:
    return other if value is None else value
