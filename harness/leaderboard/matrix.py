"""A table of numbers, rows by settings, as Markdown, CSV and a picture of lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.leaderboard.markdown import code, inline, line
from harness.leaderboard.text import number
from harness.leaderboard.write import write_folder


@dataclass(frozen=True)
class Matrix:
    """`values` by row and then by setting; None where there is none."""

    title: str
    """Of the table, such as ``top-1 (%), fusion``."""
    settings: Sequence[str]
    values: Mapping[str, Mapping[str, float | None]]
    head: str = "SR"
    digits: int = 1


def page(title: str, tables: Sequence[Matrix], notes: Sequence[str]) -> str:
    """All tables as Markdown; nothing in names is markup."""
    parts = [f"# {inline(title)}", *notes]
    for table in tables:
        lines = [[table.head, *map(inline, table.settings)], ["---", *["---:"] * len(table.settings)]]
        for name, row in table.values.items():
            lines.append([code(name), *(number(row.get(s), table.digits) for s in table.settings)])
        parts += [f"## {inline(table.title)}", "\n".join(map(line, lines))]
    return "\n\n".join(parts) + "\n"


def comma_separated(tables: Sequence[Matrix]) -> str:
    """One line for each number."""
    file = io.StringIO()
    lines = csv.writer(file, lineterminator="\n")
    lines.writerow(["table", "row", "setting", "value"])
    for table in tables:
        for name, row in table.values.items():
            lines.writerows([table.title, name, s, _plain(row.get(s))] for s in table.settings)
    return file.getvalue()


def write(
    folder: Path, name: str, title: str, tables: Sequence[Matrix], notes: Sequence[str], picture: bytes
) -> list[Path]:
    """``NAME.md``, ``NAME.csv`` and ``NAME.png``; returns the files."""
    files = {
        f"{name}.md": page(title, tables, notes).encode(),
        f"{name}.csv": comma_separated(tables).encode(),
        f"{name}.png": picture,
    }
    write_folder(folder, files)
    return [folder / file for file in files]


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
