"""What the other probes found for one method: means over clips, ratios of totals, number of parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from harness.leaderboard.cells import CellRow
from harness.leaderboard.columns import main_columns
from harness.specs import Column

NOT_MEASURED = ("cell", "method", "probe", "recognizer", "stream", "clip", "label", "group", "scores", "seconds")


@dataclass(frozen=True)
class Measures:
    """Numbers of one method by key, its parameters, and over how many clips; None for what no complete cell has."""

    numbers: Mapping[str, float | None] = field(default_factory=dict)
    params: int | None = None
    clips: int | None = None


@dataclass(frozen=True)
class Keys:
    """Names of the numbers of a run: `means` over clips, and `ratios` with the two numbers that they are made of.

    `peaks` are those of ratios that are mean squared errors, and shown in dB.
    """

    means: Sequence[str]
    ratios: Mapping[str, Sequence[str]]
    peaks: Mapping[str, float] = field(default_factory=dict)

    @property
    def every(self) -> list[str]:
        return [*self.means, *self.ratios]


def measured_keys(cells: Sequence[CellRow], columns: Sequence[Column]) -> Keys:
    """Names of all numbers that probes other than recognisers gave, those of the main table first.

    The two numbers of a ratio are not among the means: for a speed they would be times.
    """
    found = {key for cell in cells if cell.clips is not None and cell.stream is None for key in number_keys(cell.clips)}
    ratios = {column.key: column.ratio for column in columns if column.ratio}
    main = [column.key for column in main_columns(columns) if not column.ratio]
    rest = found - {*main, *(part for parts in ratios.values() for part in parts)}
    return Keys([*main, *sorted(rest)], ratios, {column.key: column.peak for column in columns if column.peak})


def measure_method(method: str, cells: Sequence[CellRow], keys: Keys) -> Measures:
    """The numbers of one method."""
    own = [cell for cell in cells if cell.method == method]
    tables = [cell.clips for cell in own if cell.clips is not None and cell.stream is None]
    means = {key: _mean([table[key] for table in tables if key in table]) for key in keys.means}
    ratios = {key: _ratio(tables, *parts, peak=keys.peaks.get(key)) for key, parts in keys.ratios.items()}
    return Measures(
        numbers={**means, **ratios},
        params=max((cell.params for cell in own if cell.params is not None), default=None),
        clips=max((len(table) for table in tables), default=None),
    )


def number_keys(table: pd.DataFrame) -> list[str]:
    """Names of the columns of a cell's clips that hold numbers of its probe."""
    return [
        str(key)
        for key in table.columns
        if key not in NOT_MEASURED and pd.api.types.is_numeric_dtype(table[key]) and bool(table[key].notna().any())
    ]


def _mean(columns: Sequence[pd.Series[Any]]) -> float | None:
    values = pd.concat([column.dropna() for column in columns]) if columns else pd.Series(dtype=float)
    return float(values.astype(float).mean()) if len(values) else None


def _ratio(tables: Sequence[pd.DataFrame], above: str, below: str, *, peak: float | None) -> float | None:
    """Total over all clips by total over all clips, in dB below a peak; None where either is 0 or was not measured."""
    measured = [table for table in tables if above in table and below in table]
    first, second = (sum(float(table[key].sum()) for table in measured) for key in (above, below))
    if not first or not second:
        return None
    return first / second if peak is None else 10 * math.log10(peak**2 * second / first)
