"""The cells of a run as the leaderboard asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from harness.errors import RunFolderError
from harness.statistics import Scores

if TYPE_CHECKING:
    from harness.running.reading import RunRecord

WORST_FIRST = ("failed", "skipped", "running")


@dataclass(frozen=True)
class CellRow:
    """One cell: whose it is, how it ended, and its clips, one row each (None unless the cell is complete)."""

    id: str
    method: str
    probe: str
    recognizer: str | None
    stream: str | None
    status: str
    reason: str
    log: str | None
    params: int | None
    note: str
    family: str
    clips: pd.DataFrame | None
    temporal: str | None = None
    """Joint streams: the method whose flow was used."""
    names: Sequence[str] = ()
    """Of the declarations in it, whatever `method` and `recognizer` are called; empty where that was not recorded."""
    remarks: Mapping[str, str] = field(default_factory=dict)
    """What its numbers depend on that no option says, by method."""

    @property
    def is_pair(self) -> bool:
        return self.temporal not in (None, self.method)

    @cached_property
    def scores(self) -> Scores | None:
        """Class scores of a complete recogniser cell. Raises `RunFolderError` if they break rules of `Scores`."""
        return self.scores_in("scores")

    def scores_in(self, column: str) -> Scores | None:
        """`scores`, or those of one of a joint stream's classifiers; None if it has none."""
        if self.clips is None or self.stream is None:
            return None
        if column != "scores" and (column not in self.clips or self.clips[column].isna().all()):
            return None
        name = f"{self.method} / {self.probe}"
        values = list(self.clips[column])
        lengths = {None if value is None else len(value) for value in values}
        if len(lengths) != 1 or None in lengths:
            raise RunFolderError(f"{name} (cell {self.id}): clips without scores, or with different numbers of them")
        return Scores(
            name=name,
            clips=self.clips["clip"].astype(str).to_numpy(dtype=object).tolist(),
            labels=self.clips["label"].to_numpy(dtype=np.int64),
            groups=self.clips["group"].astype(str).to_numpy(dtype=object).tolist(),
            values=np.stack(values).astype(np.float64),
        )


def read_cells(record: RunRecord) -> list[CellRow]:
    """All cells that belong to a method, in the order of the run; a cell that was never begun counts as running.

    A clip that one cell lacks because it could not be read is left out of all: every row is of the same clips.
    """
    readable = record.clips[~record.clips["clip"].isin(list(unreadable_clips(record)))]
    tables = dict(iter(readable.groupby("cell", sort=False)))
    return [_cell(facts, tables) for facts in _plain(record.cells) if facts["method"] is not None]


def unreadable_clips(record: RunRecord) -> dict[str, str]:
    """Clips that complete cells lack because they cannot be read, with the reasons."""
    complete = record.cells[record.cells["status"] == "ok"]
    return {clip: reason for found in complete["unreadable"] if found for clip, reason in found.items()}


def outcome(cells: Iterable[CellRow]) -> tuple[str, str]:
    """Status and reason of a row of the table from those of its cells: the worst counts."""
    cells = list(cells)
    for status in WORST_FIRST:
        hit = [cell for cell in cells if cell.status == status]
        if hit:
            return status, _reason(hit, every=len(hit) == len(cells))
    return ("ok", "") if cells else ("skipped", "no cells in this run")


def _cell(facts: Mapping[str, Any], tables: Mapping[Any, pd.DataFrame]) -> CellRow:
    status = facts["status"] if facts["status"] in ("ok", *WORST_FIRST) else "running"
    return CellRow(
        id=facts["cell"],
        method=facts["method"],
        probe=facts["probe"],
        recognizer=facts["recognizer"],
        stream=facts["stream"],
        status=status,
        reason="not finished" if status == "running" else facts["reason"] or "no reason recorded",
        log=f"cells/{facts['cell']}/{facts['error_log']}" if facts["error_log"] else None,
        params=None if facts["params"] is None else int(facts["params"]),
        note=facts["note"] or "",
        names=facts.get("names") or (),
        family=facts["family"] or "",
        clips=tables.get(facts["cell"]) if status == "ok" else None,
        temporal=facts["temporal"],
        remarks=facts["remarks"] or {},
    )


def _reason(cells: Sequence[CellRow], every: bool) -> str:
    """Cells that stopped for the same reason are named together, or not at all if that is all of them."""
    by_reason: dict[str, list[CellRow]] = {}
    for cell in cells:
        by_reason.setdefault(cell.reason, []).append(cell)
    texts = []
    for reason, alike in by_reason.items():
        which = "" if every and len(by_reason) == 1 else f"{', '.join(cell.probe for cell in alike)}: "
        log = f" (log: {alike[0].log})" if alike[0].log else ""
        texts.append(f"{which}{reason}{log}")
    return "; ".join(texts)


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries in which missing values are None, whatever pandas made of them."""
    return [{str(k): None if pd.isna(v) else v for k, v in row.items()} for row in table.to_dict("records")]
