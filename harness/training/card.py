"""What is written about a training: the checkpoint's data card and header, and a plan in words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LICENCE = "Apache-2.0"
"""Licence of trained weights."""
ROW = re.compile(r"\| ([^|]+?) \| (.+) \|")
"""A line of a card's table."""


def write_card(path: Path, *, title: str, fields: Mapping[str, object], notes: str = "") -> Path:
    """Write ``NAME.md`` beside the checkpoint `path` and return where; a table of `fields`, then `notes` in markdown.

    A field that is a mapping becomes ``key value`` pairs in one line. A field that is None is left out.
    """
    card = path.with_suffix(".md")
    rows = [f"| {_cell(name)} | {_cell(value)} |" for name, value in fields.items() if value is not None]
    parts = [f"# {title}", "\n".join(["| | |", "|---|---|", *rows])]
    if notes:
        parts.append(notes.strip())
    card.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return card


def read_card(path: Path) -> dict[str, str]:
    """The table of the card beside the checkpoint `path`, by field; empty where there is no card."""
    card = path.with_suffix(".md")
    lines = card.read_text(encoding="utf-8").splitlines() if card.is_file() else []
    rows = [ROW.fullmatch(line) for line in lines]
    return {row[1]: row[2].replace("\\|", "|").replace("<br>", "\n") for row in rows if row}


def header(name: str, *, options: Mapping[str, Any], trained_on: str, note: str, **more: str) -> dict[str, str]:
    """What a checkpoint says about itself, for ``harness weights add``: whose weights they are, their options and
    training data, and in `note` a line for the leaderboard. `more` is ``scale`` or ``stream``."""
    said = {"method": name, "options": json.dumps(dict(options)), "trained_on": trained_on}
    return {**said, "licence": LICENCE, "note": note, **more}


def aligned(rows: Mapping[str, object]) -> str:
    """Names and values in two columns, one a line."""
    width = max(map(len, rows))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows.items())


def _cell(value: object) -> str:
    if isinstance(value, Mapping):
        value = ", ".join(f"{key} {item}" for key, item in value.items())
    elif isinstance(value, (list, tuple)):
        value = ", ".join(str(item) for item in value)
    return str(value).replace("|", "\\|").replace("\n", "<br>")
