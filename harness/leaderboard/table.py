"""The one table behind every form of the leaderboard: a pure function of a run folder."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.leaderboard.accuracy import STREAMS, stream_columns
from harness.leaderboard.cells import CellRow, outcome, read_cells
from harness.leaderboard.measures import measure_method, measured_keys
from harness.leaderboard.notes import detectable_note, group_note, header
from harness.leaderboard.published import published_notes, with_published
from harness.leaderboard.rows import Row, read_rows
from harness.leaderboard.streams import headline, measure_accuracy
from harness.specs import CEILING, Column

if TYPE_CHECKING:
    from harness.running.reading import RunRecord

DIGITS = 6
"""Decimals kept, so that the last bits of a mean do not show."""
Record = dict[str, Any]
COLUMNS = (
    Column("psnr_y", "PSNR-Y", digits=2),
    Column("ssim_y", "SSIM-Y", digits=4),
    Column("flow_epe", "flow EPE", higher_is_better=False, digits=3),
    Column("warp_error", "warp error", higher_is_better=False, digits=2),
)


@dataclass(frozen=True)
class Leaderboard:
    """A run as a table.

    `records` are flat, one a (method or pair, recogniser): percentages 0 to 100, None where a value is missing.
    `protocol` is everything that changes numbers, in words; `further_columns` are probes' numbers that are shown
    besides those every leaderboard has (`COLUMNS`). A number that no column was declared for is in the records only.
    `cells`, `rows` and `fusion` (weights of the spatial and the temporal stream) are what the records were computed
    from, for reports that look at single clips.
    """

    title: str
    protocol: Mapping[str, str]
    notes: Sequence[str]
    records: Sequence[Record]
    further_columns: Sequence[Column]
    cells: Sequence[CellRow]
    rows: Sequence[Row]
    fusion: tuple[float, float]

    @property
    def recognizers(self) -> list[str | None]:
        """Recognisers in the order in which they were asked for; ``[None]`` for a run without one."""
        return list(dict.fromkeys(record["recognizer"] for record in self.records))

    def of(self, recognizer: str | None) -> list[Record]:
        """The rows of one recogniser, best first."""
        return [record for record in self.records if record["recognizer"] == recognizer]


def build(record: RunRecord, *, pairs: Sequence[str] = (), fusion: tuple[float, float] | None = None) -> Leaderboard:
    """Score a run.

    `pairs` (``"a+b"``) come on top of those the run was asked for; `fusion` are weights of the spatial and the temporal
    stream other than the benchmark's. The same folder always gives the same table; only `fps` depends on timing.
    Raises `UsageError` for a pair whose methods the run lacks, `RunFolderError` where scores cannot be joined by clip.
    """
    info, cells = record.info, read_cells(record)
    weights = fusion or (info["benchmark"]["fusion"][0], info["benchmark"]["fusion"][1])
    rows = read_rows(cells, [*info["plan"].get("pairs", ()), *pairs])
    keys = measured_keys(cells)
    measures = {row.name: measure_method(row.name, cells, keys) for row in rows}
    records: list[Record] = []
    notes = [*info["benchmark"].get("notes", ())]
    for recognizer in dict.fromkeys(cell.recognizer for cell in cells if cell.recognizer) or [None]:
        accuracies, detectable = measure_accuracy(rows, cells, recognizer, weights)
        notes += detectable_note(recognizer, detectable)
        found = {row: {**measures[row.name], **accuracies[row.name]} for row in rows}
        records += _ranked([_record(row, recognizer, row.cells(cells, recognizer), found[row], keys) for row in rows])
    notes += published_notes(info)
    return Leaderboard(
        title=info["benchmark"].get("title") or info["benchmark"]["name"],
        protocol=header(info, record.clips, weights),
        notes=tuple(dict.fromkeys([*notes, *group_note(record.clips)])),
        records=tuple(with_published(records, info, weights)),
        further_columns=_further_columns(info, keys),
        cells=tuple(cells),
        rows=tuple(rows),
        fusion=weights,
    )


def _record(
    row: Row, recognizer: str | None, cells: Sequence[CellRow], found: Mapping[str, Any], keys: Sequence[str]
) -> Record:
    status, reason = outcome(cells)
    order = [key for stream in STREAMS for key in stream_columns(stream)]
    order = [*order, "recovered", *keys, "fps", "params", "clips"]
    return {
        "sr": row.name,
        "recognizer": recognizer,
        **{key: _plain(key, found.get(key)) for key in order},
        "status": status,
        "reason": reason or None,
        "note": "; ".join(dict.fromkeys(cell.note for cell in cells if cell.note)) or None,
    }


def _ranked(records: Sequence[Record]) -> list[Record]:
    """The ceiling on top, then by accuracy; rows that failed or were skipped last; equal ones by name."""
    key = f"{headline(records)}_top1"

    def place(record: Record) -> tuple[bool, bool, float, str]:
        score = -math.inf if record[key] is None else record[key]
        return record["status"] != "ok", record["sr"] != CEILING, -score, record["sr"]

    return sorted(records, key=place)


def _further_columns(info: Mapping[str, Any], keys: Sequence[str]) -> tuple[Column, ...]:
    """Declared columns that were measured, besides those of every leaderboard."""
    standard = {column.key for column in COLUMNS}
    declared = [Column(**facts) for facts in info.get("columns", ())]
    return tuple(column for column in declared if column.key in keys and column.key not in standard)


def _plain(key: str, value: Any) -> Any:
    """A value as JSON has it: rounded, and None for NaN."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if not math.isfinite(value):
        return None
    # the decimals that matter in a p-value depend on its size; + 0.0 turns -0.0 into 0.0
    return float(f"{value:.{DIGITS}g}") if key.endswith("_p") else round(float(value), DIGITS) + 0.0
