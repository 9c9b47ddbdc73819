"""The cells of a run as the leaderboard asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from harness.errors import RunFolderError
from harness.statistics import Scores

if TYPE_CHECKING:
    from harness.record import RunRecord

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
    params: int | None
    note: str
    clips: pd.DataFrame | None

    @property
    def scores(self) -> Scores | None:
        """Class scores of a complete recogniser cell. Raises `RunFolderError` where they break rules of `Scores`."""
        if self.clips is None or self.stream is None:
            return None
        name = f"{self.method} / {self.probe}"
        values = list(self.clips["scores"])
        lengths = {None if value is None else len(value) for value in values}
        if len(lengths) != 1 or None in lengths:
            raise RunFolderError(f"{name} (cell {self.id}): clips without scores, or with different numbers of them")
        return Scores(
            name=name,
            clips=[str(clip) for clip in self.clips["clip"]],
            labels=self.clips["label"].to_numpy(dtype=np.int64),
            groups=[str(group) for group in self.clips["group"]],
            values=np.stack(values).astype(np.float64),
        )


def read_cells(record: RunRecord) -> list[CellRow]:
    """All cells that belong to a method, in the order of the run; a cell that was never begun counts as running."""
    tables = dict(iter(record.clips.groupby("cell", sort=False)))
    return [_cell(facts, tables) for facts in _plain(record.cells) if facts["method"] is not None]


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
        reason=_with_log(facts, "not finished" if status == "running" else facts["reason"] or "no reason recorded"),
        params=None if facts["params"] is None else int(facts["params"]),
        note=facts["note"] or "",
        clips=tables.get(facts["cell"]) if status == "ok" else None,
    )


def _with_log(facts: Mapping[str, Any], reason: str) -> str:
    log = facts["error_log"]
    return f"{reason} (log: cells/{facts['cell']}/{log})" if log and facts["status"] == "failed" else reason


def _reason(cells: Sequence[CellRow], every: bool) -> str:
    """Cells that stopped for one reason are named together, or not at all when that is all of them."""
    probes: dict[str, list[str]] = {}
    for cell in cells:
        probes.setdefault(cell.reason, []).append(cell.probe)
    if every and len(probes) == 1:
        return next(iter(probes))
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in probes.items())


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries in which whatever is missing is None, whatever pandas made of it."""
    return [{str(k): None if pd.isna(v) else v for k, v in row.items()} for row in table.to_dict("records")]
