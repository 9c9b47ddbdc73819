"""Reading a run folder back, without locking it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.errors import DamagedError, RunFolderError
from harness.planning.cells import names_in
from harness.running.rows import CELL_COLUMNS
from harness.running.store import SCHEMA_VERSION, CellRecord, RunFolder
from harness.running.tidy import tidy_measures, tidy_scores

MEND = "the same `harness run` command computes it again"
NAMES = "names"
"""Column of `RunRecord.cells`: the declarations in a cell, whatever its row is called."""
SCORES = ("scores", "spatial_scores", "temporal_scores")
ROW_COLUMNS = ("cell", "method", "probe", "recognizer", "stream", "clip", "label", "group", "seconds", "scores")


@dataclass(frozen=True)
class RunRecord:
    """A run as tidy tables.

    `cells`: one row a cell. `clips`: one row a (cell, clip), every number of a probe as a column of its own (NaN where
    it is not that probe's) and `scores` as float32 arrays of raw class scores (None if the probe gives none). A
    joint stream's cell has a method `temporal`, whose flow it saw, and may have arrays
    ``spatial_scores`` and ``temporal_scores`` of its classifiers.
    """

    path: Path
    info: dict[str, Any]
    cells: pd.DataFrame
    clips: pd.DataFrame
    remarks: tuple[str, ...] = ()
    """What is left out of the tables, because it is damaged or of another protocol: a line each, with what helps."""
    others: tuple[Path, ...] = ()
    """Further run folders whose cells are in the tables (`harness.running.merging`)."""

    def path_of(self, cell: str) -> Path:
        """The folder of a cell, by its id."""
        places = [folder / "cells" / cell for folder in (self.path, *self.others)]
        return next((place for place in places if place.is_dir()), places[0])

    def scores(self) -> pd.DataFrame:
        """Class scores of complete cells, one row a (method, probe, clip).

        Columns: method, temporal, probe (the recogniser's stream, with its options), recognizer, stream, clip, label,
        group, and the arrays ``scores`` (of a joint stream also ``spatial_scores`` and ``temporal_scores``), float32
        ``(num_classes,)``, raw. Raises `RunFolderError` where the run has a method and probe under two protocols.
        """
        return tidy_scores(self.cells, self.clips)

    def measures(self) -> pd.DataFrame:
        """Numbers of the other probes in complete cells, one row a (method, probe, clip, number).

        Columns: those of `scores` before its arrays, then ``measure``, the number's key with the options of its probe
        (``psnr_y``, ``psnr_y:samples=1``), and its ``value``, NaN where it is undefined. So
        ``measures().pivot_table("value", "method", "measure")`` are means over clips, and no column mixes two probes.
        Raises `RunFolderError` where the run has a method and probe under two protocols.
        """
        return tidy_measures(self.cells, self.clips)


def load_run(path: str | Path, protocol: str | None = None) -> RunRecord:
    """Read a run folder; `protocol` names an earlier protocol whose cells are still there.

    Raises `RunFolderError` if there is no run or a newer version wrote it, `UnknownNameError` for the protocol.
    """
    path = Path(path)
    if not (path / "run.json").is_file():
        raise RunFolderError(f"{path} is not a run folder: it has no run.json")
    info = _info(path, protocol)
    if info["schema_version"] > SCHEMA_VERSION:
        raise RunFolderError(f"{path} has schema version {info['schema_version']}; this harness reads {SCHEMA_VERSION}")
    cells: list[dict[str, Any]] = []
    clips: list[pd.DataFrame] = []
    remarks = _left_out(info, path)
    for cell_id in info["cells"]:
        record = CellRecord(path / "cells" / cell_id)
        try:
            record.check()
        except DamagedError as error:
            remarks.append(f"cell {cell_id} is damaged and left out ({error}); {MEND}")
            continue
        facts = {"cell": cell_id, **record.outcome}
        names = names_in(facts.get("identity") or {})
        cells.append({**{name: facts.get(name) for name in CELL_COLUMNS}, NAMES: tuple(names)})
        clips.append(_clips(record, facts))
    table = joined(clips)
    return RunRecord(path, info, pd.DataFrame(cells, columns=[*CELL_COLUMNS, NAMES]), table, tuple(remarks))


def joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Rows of several cells, or of several runs, as one table."""
    filled = [table for table in tables if len(table)]
    table = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()
    table = table.reindex(columns=list(dict.fromkeys([*ROW_COLUMNS, *table.columns])))
    for name in (name for name in SCORES if name in table):
        table[name] = table[name].astype(object).where(table[name].notna(), None)
    # what all clips of one cell lack has no type there
    others = [name for name in table.columns if name not in SCORES and table[name].dtype == object]
    return table.assign(**{name: table[name].infer_objects() for name in others})


def _clips(record: CellRecord, facts: Mapping[str, Any]) -> pd.DataFrame:
    """The rows of a cell, of which every one says whose it is."""
    table = record.table()
    for name in (name for name in SCORES if name in table):
        table[name] = pd.Series([_array(value) for value in table[name]], index=table.index, dtype=object)
    for place, name in enumerate(("cell", "method", "probe", "recognizer", "stream")):
        table.insert(place, name, pd.Series([facts.get(name)] * len(table), index=table.index, dtype=object))
    return table


def _info(path: Path, protocol: str | None) -> dict[str, Any]:
    folder = RunFolder(path)
    try:
        return folder.info() if protocol is None else {**folder.protocol(protocol), "left_out": {}}
    except DamagedError as error:
        raise DamagedError(f"{path}: {error}; {MEND}") from error


def _left_out(info: Mapping[str, Any], path: Path) -> list[str]:
    return [
        f"{cells} cells of another protocol are left out; to see them: harness leaderboard {path} --protocol {name}"
        for name, cells in info.get("left_out", {}).items()
    ]


def _array(value: Any) -> np.ndarray | None:
    return np.asarray(value, dtype=np.float32) if isinstance(value, list | np.ndarray) else None
