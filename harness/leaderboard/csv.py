"""The leaderboard for spreadsheets: one line per row, an empty field if a value is missing."""

from __future__ import annotations

import pandas as pd

from harness.leaderboard.table import Leaderboard


def render(board: Leaderboard) -> str:
    """Comma-separated values with a header line; the columns are the keys of the records."""
    # dtype object, so that whole numbers beside a missing one do not become floats
    return str(pd.DataFrame(board.records, dtype=object).to_csv(index=False, lineterminator="\n"))
