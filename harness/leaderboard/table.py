"""The one table behind every form of the leaderboard: a pure function of a run folder."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.leaderboard.cells import CellRow, outcome, read_cells, unreadable_clips
from harness.leaderboard.citations import citations_of
from harness.leaderboard.columns import declared_columns, main_columns, read_columns
from harness.leaderboard.contenders import Contender, read_contenders
from harness.leaderboard.measures import Keys, Measures, measure_method, measured_keys
from harness.leaderboard.notes import group_note, header, remark_notes, unreadable_note
from harness.leaderboard.published import published_notes, with_published
from harness.leaderboard.row import Row, tidy
from harness.leaderboard.streams import Accuracies, headline, measure_accuracy
from harness.leaderboard.variants import tell_apart
from harness.registry import Registry
from harness.registry import registry as installed
from harness.specs import CEILING, FLOOR, Column

if TYPE_CHECKING:
    from harness.running.reading import RunRecord


@dataclass(frozen=True)
class Leaderboard:
    """A run as a table.

    `rows` are one per (method or pair, recogniser), best first. `protocol` is everything that changes numbers, in
    words; `columns` are how the numbers of probes are shown, those of the main table first. A number that no column was
    declared for is in the rows only. `cells`, `contenders` and `fusion` (weights of the spatial and the temporal
    stream) are what the rows were computed from, for reports that look at single clips.
    """

    title: str
    protocol: Mapping[str, str]
    notes: Sequence[str]
    rows: Sequence[Row]
    columns: Sequence[Column]
    cells: Sequence[CellRow]
    contenders: Sequence[Contender]
    fusion: tuple[float, float]
    floor: str = FLOOR
    """The row that all others are compared with."""
    citations: Mapping[str, str] = field(default_factory=dict)
    """Publications of what is in the table, as they are declared, by the method's or recogniser's name."""

    @property
    def records(self) -> list[dict[str, Any]]:
        """The rows as JSON and CSV have them: flat, percentages 0 to 100, None if a value is missing."""
        return [row.flat() for row in self.rows]

    @property
    def recognizers(self) -> list[str | None]:
        """Recognisers in the order in which they were asked for; ``[None]`` for a run without one."""
        return list(self._by_recognizer)

    def of(self, recognizer: str | None) -> Sequence[Row]:
        """The rows of one recogniser, best first."""
        return self._by_recognizer.get(recognizer, ())

    @cached_property
    def ranking(self) -> Mapping[str | None, str]:
        """The stream that ranks each recogniser's methods."""
        return {name: headline(row.streams for row in rows) for name, rows in self._by_recognizer.items()}

    @cached_property
    def _by_recognizer(self) -> dict[str | None, list[Row]]:
        found: dict[str | None, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.recognizer, []).append(row)
        return found

    @property
    def main_columns(self) -> list[Column]:
        """Columns of the main table, in its order, measured or not."""
        return main_columns(self.columns)

    @property
    def further_columns(self) -> list[Column]:
        """Measured columns outside the main table."""
        return [column for column in self.columns if column.order is None]


def build(
    record: RunRecord,
    *,
    pairs: Sequence[str] = (),
    fusion: tuple[float, float] | None = None,
    registry: Registry | None = None,
) -> Leaderboard:
    """Score a run.

    `pairs` (``"a+b"``) come on top of those the run was asked for; `fusion` are weights of the spatial and the temporal
    stream other than the benchmark's; `registry` knows the declared columns (default: what is installed). The same
    folder always gives the same numbers; only ratios of the speed depend on timing. Raises `UsageError` for a pair
    whose methods the run lacks, `RunFolderError` if scores cannot be joined by clip.
    """
    info, cells = record.info, read_cells(record)
    unreadable = unreadable_clips(record)
    readable = record.clips[~record.clips["clip"].isin(list(unreadable))]
    weights = fusion or (info["benchmark"]["fusion"][0], info["benchmark"]["fusion"][1])
    cells, columns = tell_apart(cells, read_columns(info, declared_columns(registry or installed())))
    keys = measured_keys(cells, columns)
    contenders = read_contenders(cells, [*info["plan"].get("pairs", ()), *pairs])
    floor = str(info["benchmark"].get("floor", FLOOR))
    rows, notes = _scored(contenders, cells, keys, weights, floor)
    notes = [*info["benchmark"].get("notes", ()), *notes, *published_notes(info), *group_note(readable)]
    notes += [*unreadable_note(unreadable, info["plan"]["clips"]), *record.remarks]
    notes += remark_notes(cell.remarks for cell in cells)
    shown = {name for cell in cells for name in (cell.method, cell.temporal, cell.probe) if name}
    return Leaderboard(
        title=info["benchmark"].get("title") or info["benchmark"]["name"],
        protocol=header(info, readable, weights, len(unreadable), shown),
        notes=tuple(dict.fromkeys(notes)),
        rows=tuple(with_published(rows, info, weights)),
        columns=tuple(c for c in columns if c.order is not None or c.key in keys.every),
        cells=tuple(cells),
        contenders=tuple(contenders),
        fusion=weights,
        floor=floor,
        citations=citations_of(cells, registry or installed()),
    )


def _scored(
    contenders: Sequence[Contender], cells: Sequence[CellRow], keys: Keys, weights: tuple[float, float], floor: str
) -> tuple[list[Row], list[str]]:
    """The ranked rows of all recognisers, and what each recogniser's clips can tell apart."""
    measures = {one.name: measure_method(one.name, cells, keys) for one in contenders}
    rows: list[Row] = []
    notes: list[str] = []
    for recognizer in dict.fromkeys(cell.recognizer for cell in cells if cell.recognizer) or [None]:
        accuracies, said = measure_accuracy(contenders, cells, recognizer, weights, floor)
        notes += said
        rows += _ranked([_row(one, recognizer, cells, accuracies[one.name], measures[one.name]) for one in contenders])
    return rows, notes


def _row(
    one: Contender, recognizer: str | None, cells: Sequence[CellRow], accuracies: Accuracies, measures: Measures
) -> Row:
    own = one.cells(cells, recognizer)
    status, reason = outcome(own)
    return Row(
        sr=one.name,
        recognizer=recognizer,
        streams=accuracies.streams,
        recovered=accuracies.ranking.recovered,
        recovered_low=accuracies.ranking.recovered_low,
        recovered_high=accuracies.ranking.recovered_high,
        measures={key: tidy(key, value) for key, value in measures.numbers.items()},
        params=measures.params,
        clips=measures.clips if accuracies.clips is None else accuracies.clips,
        status=status,
        reason=reason or None,
        note="; ".join(dict.fromkeys(cell.note for cell in own if cell.note)) or None,
    )


def _ranked(rows: Sequence[Row]) -> list[Row]:
    """The ceiling on top, then by accuracy; rows that failed or were skipped last; equal ones by name."""
    stream = headline(row.streams for row in rows)

    def place(row: Row) -> tuple[bool, bool, float, str]:
        top1 = row.streams[stream].top1
        return bool(row.shown_state(stream)), row.sr != CEILING, math.inf if top1 is None else -top1, row.sr

    return sorted(rows, key=place)
