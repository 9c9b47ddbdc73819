"""The leaderboard as a picture: accuracy with intervals, and picture quality against accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from harness.leaderboard.labels import alignment, is_near, place_labels
from harness.leaderboard.streams import headline
from harness.leaderboard.table import Leaderboard, Record
from harness.leaderboard.views import known_streams, with_numbers
from harness.specs import CEILING, FLOOR

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {"spatial": "#4477aa", "temporal": "#ccaa33", "fusion": "#222222"}
GREY = "#777777"
OFFSETS = {1: (0.0,), 2: (-0.16, 0.16), 3: (-0.24, 0.0, 0.24)}
DPI = 130
ROW_INCHES, MARGIN_INCHES, WIDTH_INCHES = 0.42, 1.5, 11.5


def render(board: Leaderboard) -> bytes:
    """PNG of one row of two panels a recogniser; the same bytes for the same table."""
    return to_png(draw(board))


def to_png(figure: Figure) -> bytes:
    """The same bytes for the same figure."""
    buffer = BytesIO()
    FigureCanvasAgg(figure)
    # the default metadata names the version of matplotlib
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def draw(board: Leaderboard) -> Figure:
    """The figure: left the top-1 accuracy of every stream, right PSNR against the accuracy that ranks."""
    shown = {name: records for name in board.recognizers if (records := _with_accuracy(board.of(name)))}
    heights = [ROW_INCHES * len(records) + MARGIN_INCHES for records in shown.values()] or [MARGIN_INCHES]
    figure = Figure(figsize=(WIDTH_INCHES, sum(heights)), layout="constrained")
    figure.suptitle(board.title, fontsize=11)
    if not shown:
        figure.text(0.5, 0.4, "no accuracy was measured in this run", ha="center", color=GREY)
        return figure
    axes = figure.subplots(len(shown), 2, squeeze=False, height_ratios=heights, width_ratios=(1.35, 1))
    for (left, right), (recognizer, records) in zip(axes, shown.items(), strict=True):
        _accuracies(left, records, recognizer)
        _quality_against_accuracy(right, records)
    return figure


def _with_accuracy(records: Sequence[Record]) -> list[Record]:
    return with_numbers(records, (f"{stream}_top1" for stream in known_streams(records)))


def _accuracies(axes: Axes, records: Sequence[Record], recognizer: str | None) -> None:
    streams = known_streams(records)
    for offset, stream in zip(OFFSETS[len(streams)], streams, strict=True):
        points = [(place, r) for place, r in enumerate(records) if r[f"{stream}_top1"] is not None]
        values = [r[f"{stream}_top1"] for _, r in points]
        below = [v - _or(r[f"{stream}_top1_low"], v) for v, (_, r) in zip(values, points, strict=True)]
        above = [_or(r[f"{stream}_top1_high"], v) - v for v, (_, r) in zip(values, points, strict=True)]
        axes.errorbar(
            values, [place + offset for place, _ in points], xerr=(below, above), fmt="o", markersize=5, linewidth=1.6,
            color=COLOURS[stream], label=stream,
        )  # fmt: skip
    _guides(axes, records)
    axes.set_yticks(range(len(records)), [r["sr"] for r in records])
    axes.set_ylim(len(records) - 0.5, -0.5)
    axes.set_xlabel("top-1 accuracy (%) with 95 % interval")
    axes.set_title(recognizer or "", loc="left", fontsize=10)
    axes.legend(frameon=False, ncols=3, fontsize=8, loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)
    _quiet(axes)


def _guides(axes: Axes, records: Sequence[Record]) -> None:
    """Thin lines at the floor and the ceiling of the stream that ranks, and bands that part the rows."""
    stream = headline(records)
    for record in records:
        if record["sr"] in (FLOOR, CEILING) and record[f"{stream}_top1"] is not None:
            axes.axvline(record[f"{stream}_top1"], color=COLOURS[stream], linewidth=0.8, linestyle=":", zorder=0)
    for place in range(1, len(records), 2):
        axes.axhspan(place - 0.5, place + 0.5, color="#f3f3f3", zorder=-1, linewidth=0)


def _quality_against_accuracy(axes: Axes, records: Sequence[Record]) -> None:
    stream = headline(records)
    key = f"{stream}_top1"
    points = [r for r in records if r["psnr_y"] is not None and r[key] is not None]
    ceiling = next((r[key] for r in records if r["sr"] == CEILING), None)
    if not points:
        axes.set_axis_off()
        return
    axes.scatter([r["psnr_y"] for r in points], [r[key] for r in points], s=34, color=COLOURS[stream], zorder=3)
    if ceiling is not None:
        axes.axhline(ceiling, color=GREY, linewidth=0.8, linestyle=":")
        axes.annotate(CEILING, (1, ceiling), xycoords=("axes fraction", "data"), xytext=(-2, 2),
                      textcoords="offset points", ha="right", fontsize=8, color=GREY)  # fmt: skip
    axes.margins(x=0.22, y=0.16)
    axes.set_xlabel("PSNR on Y (dB)")
    axes.set_ylabel(f"{stream} top-1 (%)")
    axes.set_title("picture quality against accuracy", loc="left", fontsize=10)
    _quiet(axes)
    _label(axes, [(r["psnr_y"], r[key], r["sr"]) for r in points])


def _label(axes: Axes, points: Sequence[tuple[float, float, str]]) -> None:
    """Names beside the points; one that had to give way is joined to its point by a line."""
    figure = axes.get_figure(root=True)
    if figure is None:
        return
    figure.draw_without_rendering()  # settles the layout, so that data can be turned into points on paper
    paper = 72 / figure.dpi
    where = [(x, y) for x, y in (axes.transData.transform([(x, y) for x, y, _ in points]) * paper).tolist()]
    left, bottom, right, top = (float(end) * paper for end in axes.bbox.extents)
    offsets = place_labels(where, [name for _, _, name in points], (left, bottom, right, top))
    for (x, y, name), offset in zip(points, offsets, strict=True):
        line = None if is_near(offset) else {"arrowstyle": "-", "color": "#bbbbbb", "linewidth": 0.6}
        axes.annotate(
            name, (x, y), xytext=offset, textcoords="offset points", va="center", ha=alignment(offset), fontsize=8,
            arrowprops=line,
        )  # fmt: skip


def _quiet(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=9)
    axes.grid(axis="x", color="#e4e4e4", linewidth=0.6, zorder=-2)
    axes.set_axisbelow(True)


def _or(value: float | None, other: float) -> float:
    return other if value is None else value
