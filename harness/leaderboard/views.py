"""Which columns people are shown, how each is written, which cells are marked: the same in all forms for reading."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from harness.leaderboard.accuracy import STREAMS
from harness.leaderboard.published import MEASURED
from harness.leaderboard.streams import headline
from harness.leaderboard.table import COLUMNS, Leaderboard, Record
from harness.leaderboard.text import gain, number, p_value, percent, short_gain, signed, size, speed, top1
from harness.specs import CEILING, FLOOR, Column

COMPACT_TITLES = {"psnr_y": "PSNR", "ssim_y": "SSIM", "flow_epe": "EPE", "warp_error": "warp"}
BEST, TIED = "best", "tied"
TIED_SIGN = "≈"
READING = (
    "Top-1 accuracy in percent, with 95 % intervals from a bootstrap over groups of clips.",
    f"The best method is emphasised; {TIED_SIGN} marks those that cannot be told from it: the interval of their paired "
    "difference contains 0.",
    f"Gain is the paired difference from `{FLOOR}` in the stream that ranks; p is from an exact sign-flip test over "
    "groups.",
    f"Recovered is the share of the gap between `{FLOOR}` (0 %) and `{CEILING}` (100 %) that a method closes.",
    "`a+b` feeds the spatial stream from method `a` and the temporal stream from method `b`.",
)


def no_mark(record: Record) -> str | None:
    """Of columns in which nothing is marked."""
    return None


@dataclass(frozen=True)
class View:
    """One column: its title, the text of a record's cell, and whether that cell is `BEST`, `TIED` or neither."""

    title: str
    text: Callable[[Record], str]
    mark: Callable[[Record], str | None] = no_mark


def main_views(board: Leaderboard, records: Sequence[Record], *, compact: bool = False) -> list[View]:
    """Accuracy, gain and quality columns of one recogniser's records; columns without any number are left out."""
    stream = headline(records)
    digits = 0 if compact else 1
    views = [View(s, partial(top1, stream=s, digits=digits), _marks(records, s)) for s in known_streams(records)]
    if any_number(records, f"{stream}_delta"):
        views.append(View("gain", partial(short_gain if compact else gain, stream=stream)))
    if any_number(records, "recovered") and not compact:
        views.append(View("recovered", lambda record: percent(record["recovered"])))
    standard = [column for column in COLUMNS if any_number(records, column.key)]
    views += [measure_view(column, COMPACT_TITLES.get(column.key) if compact else None) for column in standard]
    views.append(View("fps", lambda record: speed(record["fps"])))
    return views if compact else [*views, View("params", lambda record: size(record["params"]))]


def detail_views(records: Sequence[Record]) -> list[View]:
    """Mean class accuracy, top-5 and p-values of every stream."""
    return [view for stream in known_streams(records) for view in _details(stream)]


def published_views(records: Sequence[Record]) -> list[View]:
    """Measured mean class accuracy, the published number and their difference, of every stream that has one."""
    streams = [s for s in STREAMS if any(record.get(f"{s}_published") is not None for record in records)]
    return [view for stream in streams for view in _published(stream)]


def measure_view(column: Column, title: str | None = None) -> View:
    """A probe's number, with the direction in which it is better unless another title is given."""
    arrow = "↑" if column.higher_is_better else "↓"
    return View(title or f"{column.title} {arrow}", lambda record: number(record[column.key], column.digits))


def known_streams(records: Sequence[Record]) -> list[str]:
    """Streams in which some record has an accuracy."""
    return [stream for stream in STREAMS if any_number(records, f"{stream}_top1")]


def with_numbers(records: Sequence[Record], keys: Iterable[str]) -> list[Record]:
    """Records that have at least one of these numbers."""
    keys = list(keys)
    return [record for record in records if any(record[key] is not None for key in keys)]


def with_any_number(records: Sequence[Record]) -> list[Record]:
    """Records that finished or have some number; the others are named with their reason below the table."""
    facts = ("sr", "recognizer", "status", "reason", "note")
    known = [
        any(value is not None for key, value in record.items() if key not in facts and not key.endswith("_published"))
        for record in records
    ]
    return [r for r, some in zip(records, known, strict=True) if some or r["status"] == "ok"]


def any_number(records: Sequence[Record], key: str) -> bool:
    return any(record[key] is not None for record in records)


def _published(stream: str) -> list[View]:
    return [
        View(stream, lambda record: number(record[f"{stream}_{MEASURED}"], 1)),
        View("published", lambda record: number(record[f"{stream}_published"], 1)),
        View("difference", lambda record: signed(record[f"{stream}_difference"])),
    ]


def _details(stream: str) -> list[View]:
    return [
        View(f"{stream} mean class", lambda record: number(record[f"{stream}_top1_mean_class"], 1)),
        View(f"{stream} top-5", lambda record: number(record[f"{stream}_top1_top5"], 1)),
        View(f"{stream} p", lambda record: p_value(record[f"{stream}_p"])),
        View(f"{stream} p (McNemar)", lambda record: p_value(record[f"{stream}_mcnemar_p"])),
    ]


def _marks(records: Sequence[Record], stream: str) -> Callable[[Record], str | None]:
    key = f"{stream}_top1"
    best = max((record[key] for record in records if record[f"{stream}_best"]), default=None)

    def mark(record: Record) -> str | None:
        if not record[f"{stream}_best"]:
            return None
        return BEST if record[key] == best else TIED

    return mark
