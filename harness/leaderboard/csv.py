"""The leaderboard for spreadsheets: one line per row, an empty field if a value is missing."""

from __future__ import annotations

from typing import Any

import pandas as pd

from harness.leaderboard.table import Leaderboard

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters of a text that a spreadsheet takes for a formula."""


def render(board: Leaderboard) -> str:
    """Comma-separated values with a header line; the columns are the keys of the records."""
    # dtype object, so that whole numbers beside a missing one do not become floats
    return comma_separated(pd.DataFrame(board.records, dtype=object))


def comma_separated(table: pd.DataFrame) -> str:
    """A table as text with a header line, in which no name or reason is a formula."""
    rows = [[harmless(value) for value in row] for row in table.itertuples(index=False, name=None)]
    safe = pd.DataFrame(rows, columns=[harmless(name) for name in table.columns], dtype=object)
    return str(safe.to_csv(index=False, lineterminator="\n"))


def harmless(value: Any) -> Any:
    """`value`, with an apostrophe before a text that a spreadsheet would run; numbers, also as text, stay."""
    if not isinstance(value, str) or not value.startswith(FORMULA):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value
