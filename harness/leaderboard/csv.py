"""The leaderboard for spreadsheets: one line a row, an empty field where a value is missing."""

from __future__ import annotations

import pandas as pd

from harness.leaderboard.table import Leaderboard


def render(board: Leaderboard) -> str:
    """Comma-separated values with a header line; the columns are the keys of the records."""
    # dtype object, lest whole numbers beside a missing one become floats
    return str(pd.DataFrame(board.records, dtype=object).to_csv(index=False, lineterminator="\n"))
