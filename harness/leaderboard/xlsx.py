"""The leaderboard as a workbook: records with numbers as numbers, the protocol, and the notes, a sheet each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from io import BytesIO
from typing import Any

from harness.leaderboard.table import Leaderboard
from harness.terminal import shown

LONGEST = 32_767
"""Characters that a cell of a workbook holds."""
EPOCH = datetime(2000, 1, 1, tzinfo=timezone.utc)
"""Written as the time of creation, so that the same table gives the same file."""


def render(board: Leaderboard) -> bytes:
    """The workbook's bytes. No text in it is a formula, a number or a link, whatever it begins with."""
    from xlsxwriter import Workbook  # takes a while to load

    buffer = BytesIO()
    with Workbook(buffer, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        book.set_properties({"created": EPOCH})
        bold = book.add_format({"bold": True})
        records = board.records
        keys = list(records[0]) if records else []
        _fill(book, "leaderboard", [keys, *([record.get(key) for key in keys] for record in records)], bold)
        _fill(book, "protocol", [["protocol", ""], *map(list, board.protocol.items())], bold)
        _fill(book, "notes", [["notes"], *([note] for note in board.notes)], bold)
    return buffer.getvalue()


def _fill(book: Any, name: str, lines: Sequence[Sequence[Any]], bold: Any) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 1)
    for y, line in enumerate(lines):
        for x, value in enumerate(line):
            style = bold if y == 0 else None
            if isinstance(value, bool):
                sheet.write_boolean(y, x, value, style)
            elif isinstance(value, int | float):
                sheet.write_number(y, x, value, style)
            elif value is not None:
                sheet.write_string(y, x, shown(str(value))[:LONGEST], style)
