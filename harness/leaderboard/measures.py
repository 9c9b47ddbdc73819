"""What the other probes found of one method: means over clips, speed, size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from harness.leaderboard.cells import CellRow

MEANS = ("psnr_y", "ssim_y", "flow_epe", "warp_error")
FRAMES, SECONDS = "restored_frames", "restore_seconds"
NOT_MEASURED = ("cell", "method", "probe", "recognizer", "stream", "clip", "label", "group", "scores", "seconds")


def measured_keys(cells: Sequence[CellRow]) -> list[str]:
    """Names of all numbers that probes other than recognisers gave, the four of every leaderboard first.

    The numbers behind the speed are not among them, so no mean depends on how long something took.
    """
    found = {key for cell in cells if cell.clips is not None and cell.stream is None for key in _numbers(cell.clips)}
    return [*MEANS, *sorted(found - {*MEANS, FRAMES, SECONDS})]


def measure_method(method: str, cells: Sequence[CellRow], keys: Sequence[str]) -> dict[str, Any]:
    """Means over clips of every key, `fps`, `params` and `clips` of one method; None for what no complete cell has."""
    own = [cell for cell in cells if cell.method == method]
    tables = [cell.clips for cell in own if cell.clips is not None and cell.stream is None]
    return {
        **{key: _mean([table[key] for table in tables if key in table]) for key in keys},
        "fps": _fps(tables),
        "params": max((cell.params for cell in own if cell.params is not None), default=None),
        "clips": max((len(table) for table in tables), default=None),
    }


def _numbers(table: pd.DataFrame) -> list[str]:
    return [
        str(key)
        for key in table.columns
        if key not in NOT_MEASURED and pd.api.types.is_numeric_dtype(table[key]) and bool(table[key].notna().any())
    ]


def _mean(columns: Sequence[pd.Series[Any]]) -> float | None:
    values = pd.concat([column.dropna() for column in columns]) if columns else pd.Series(dtype=float)
    return float(values.astype(float).mean()) if len(values) else None


def _fps(tables: Sequence[pd.DataFrame]) -> float | None:
    """Restored frames a second over all clips; None where nothing was timed or it took no time."""
    timed = [table for table in tables if FRAMES in table and SECONDS in table]
    frames = sum(float(table[FRAMES].sum()) for table in timed)
    seconds = sum(float(table[SECONDS].sum()) for table in timed)
    return frames / seconds if frames and seconds else None
