"""The leaderboard for programs: the protocol once, then one flat record a row."""

from __future__ import annotations

import json

from harness.leaderboard.table import Leaderboard

SCHEMA_VERSION = 1


def render(board: Leaderboard) -> str:
    """JSON text; percentages are 0 to 100 and a missing value is null. `harness.leaderboard.schema` describes it."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "title": board.title,
        "protocol": dict(board.protocol),
        "notes": list(board.notes),
        "records": board.records,
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
