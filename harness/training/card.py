"""The data card that lies beside every checkpoint we train."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


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


def _cell(value: object) -> str:
    if isinstance(value, Mapping):
        value = ", ".join(f"{key} {item}" for key, item in value.items())
    elif isinstance(value, (list, tuple)):
        value = ", ".join(str(item) for item in value)
    return str(value).replace("|", "\\|").replace("\n", "<br>")
