"""Probes that a run has more than once, with other options: each gets columns of its own, and nothing is averaged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from harness.leaderboard.cells import CellRow
from harness.leaderboard.measures import number_keys
from harness.specs import Column


def tell_apart(cells: Sequence[CellRow], columns: Sequence[Column]) -> tuple[list[CellRow], list[Column]]:
    """Cells and columns in which every number that several probes give has a name for each of them.

    The probe without options keeps the plain name (``psnr_y``); for the others their options are part of it
    (``psnr_y:samples=1``).
    """
    shared = _shared(cells)
    renamed = [_renamed(cell, shared) for cell in cells]
    options = list(dict.fromkeys(_options(cell) for cell in cells if cell.stream is None and _options(cell)))
    more = [_variant(column, text) for text in options for column in columns if shared & {column.key, *column.ratio}]
    return renamed, [*columns, *more]


def _shared(cells: Sequence[CellRow]) -> set[str]:
    """Names of the numbers that more than one probe gives."""
    givers: defaultdict[str, set[str]] = defaultdict(set)
    for cell in cells:
        if cell.stream is None and cell.clips is not None:
            for key in number_keys(cell.clips):
                givers[key].add(cell.probe)
    return {key for key, probes in givers.items() if len(probes) > 1}


def _renamed(cell: CellRow, shared: set[str]) -> CellRow:
    text = _options(cell)
    if cell.stream is not None or cell.clips is None or not text:
        return cell
    return replace(cell, clips=cell.clips.rename(columns={key: f"{key}:{text}" for key in shared}))


def _variant(column: Column, options: str) -> Column:
    """A column of the probe with these options; those of the main table belong to the probe without any."""
    return replace(
        column,
        key=f"{column.key}:{options}",
        title=f"{column.title}, {options}",
        ratio=tuple(f"{part}:{options}" for part in column.ratio),
        order=None,
    )


def _options(cell: CellRow) -> str:
    return cell.probe.partition(":")[2]
