"""The formats that come with the project: each gives one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.leaderboard import csv, json, markdown
from harness.leaderboard.pairs import text
from harness.leaderboard.table import Leaderboard
from harness_builtin import findings

if TYPE_CHECKING:
    from harness import RunRecord

Files = dict[str, bytes]


def table_md(board: Leaderboard, run: RunRecord) -> Files:
    """The table as markdown."""
    return {"leaderboard.md": markdown.render(board).encode()}


def table_csv(board: Leaderboard, run: RunRecord) -> Files:
    """The table for spreadsheets."""
    return {"leaderboard.csv": csv.render(board).encode()}


def table_json(board: Leaderboard, run: RunRecord) -> Files:
    """The table for programs."""
    return {"leaderboard.json": json.render(board).encode()}


def table_png(board: Leaderboard, run: RunRecord) -> Files:
    """The table as a picture."""
    from harness.leaderboard import plot  # matplotlib takes a second to load

    return {"leaderboard.png": plot.render(board)}


def findings_md(board: Leaderboard, run: RunRecord) -> Files:
    """Which findings of the paper hold on the run."""
    return {"findings.md": findings.render(board).encode()}


def pairs_md(board: Leaderboard, run: RunRecord) -> Files:
    """All pairs as markdown."""
    return {"pairs.md": text.markdown(board).encode()}


def pairs_csv(board: Leaderboard, run: RunRecord) -> Files:
    """All pairs for spreadsheets."""
    return {"pairs.csv": text.comma_separated(board).encode()}


def pairs_json(board: Leaderboard, run: RunRecord) -> Files:
    """All pairs for programs."""
    return {"pairs.json": text.as_json(board).encode()}


def pairs_png(board: Leaderboard, run: RunRecord) -> Files:
    """All pairs as a picture."""
    from harness.leaderboard.pairs import plot  # matplotlib takes a second to load

    return {"pairs.png": plot.render(board)}
