"""A run's rows for analysis: one row an observation, and no column with numbers of two probes or protocols in it."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from harness.errors import RunFolderError

WHOSE = ["method", "temporal", "probe"]
KEYS = [*WHOSE, "recognizer", "stream", "clip", "label", "group"]
MEASURED = [*KEYS, "measure", "value"]
NO_MEASURES = ("cell", "seconds", *KEYS)
"""Columns of clips that are not what a probe measured; `seconds` are what the probe took."""


def tidy_scores(cells: pd.DataFrame, clips: pd.DataFrame) -> pd.DataFrame:
    """Rows of complete recogniser cells with `KEYS` and their arrays of class scores.

    `cells` and `clips` are those of a `RunRecord`. Raises `RunFolderError` as `complete_rows` does.
    """
    rows = complete_rows(cells, clips)
    arrays = [name for name in clips if rows[name].map(_is_array).any()]
    return rows.loc[rows["stream"].notna(), [*KEYS, *arrays]].reset_index(drop=True)


def tidy_measures(cells: pd.DataFrame, clips: pd.DataFrame) -> pd.DataFrame:
    """Rows of complete cells of other probes with `KEYS`, one a clip and number, in the columns `MEASURED`.

    `cells` and `clips` are those of a `RunRecord`. Raises `RunFolderError` as `complete_rows` does.
    """
    rows = complete_rows(cells, clips)
    others = rows[rows["stream"].isna()]
    parts = [part for probe, own in others.groupby("probe", sort=False) for part in _measures(str(probe), own)]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=MEASURED)
    shared = table.groupby("measure")["probe"].transform("nunique") > 1  # two probes that call their numbers the same
    table.loc[shared, "measure"] += " of " + table["probe"]
    return table[MEASURED]


def complete_rows(cells: pd.DataFrame, clips: pd.DataFrame) -> pd.DataFrame:
    """The clips of complete cells, each with the method `temporal` of its cell.

    Raises `RunFolderError` where one method was seen twice by one probe, as it is under two protocols.
    """
    complete = cells[cells["status"] == "ok"]
    twice = complete[complete.duplicated(WHOSE, keep=False)]
    if len(twice):
        first = twice.iloc[0]
        raise RunFolderError(
            f"{first['method']} was seen more than once by {first['probe']}, under different protocols (cells "
            f"{', '.join(twice['cell'])}); look at them one by one, by `cell`, in `clips`"
        )
    return clips.drop(columns="temporal", errors="ignore").merge(complete[["cell", "temporal"]], on="cell")


def _measures(probe: str, rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """One part a number that the probe gave of any clip; its name has the probe's options, if there are any."""
    _, colon, options = probe.partition(":")
    for key in (name for name in rows.columns if name not in NO_MEASURES):
        if pd.api.types.is_numeric_dtype(rows[key]) and rows[key].notna().any():
            yield rows[KEYS].assign(measure=f"{key}{colon}{options}", value=rows[key].astype(float))


def _is_array(value: object) -> bool:
    return hasattr(value, "shape")
