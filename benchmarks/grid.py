"""A small table of texts, for the terminal and for a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.tables import Column, Table


@dataclass(frozen=True)
class Grid:
    """Rows of texts; the first column names them."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def for_terminal(self) -> Table:
        """A narrow terminal has it in pieces, one below the other."""
        columns = [Column(name, names=not place, right=bool(place)) for place, name in enumerate(self.columns)]
        return Table(columns, self.rows, title=self.title, continued=True)

    def as_markdown(self) -> str:
        lines = [self.columns, ["---", *["---:"] * (len(self.columns) - 1)], *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def times(first: float, second: float) -> str:
    """How many times `first` goes into `second`."""
    if first <= 0:
        return ""
    ratio = second / first
    return f"{ratio:.2f}x" if ratio < 10 else f"{ratio:.0f}x"
