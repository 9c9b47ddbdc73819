"""The formats that come with the project: each gives one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.leaderboard import csv, html, json, markdown, tex, xlsx
from harness.leaderboard.details import classes, confusion, flips, page
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


def table_html(board: Leaderboard, run: RunRecord) -> Files:
    """The table as a file for the browser, without scripts."""
    return {"leaderboard.html": html.render(board).encode()}


def table_tex(board: Leaderboard, run: RunRecord) -> Files:
    """The table for a paper."""
    return {"leaderboard.tex": tex.render(board).encode()}


def intervals_tex(board: Leaderboard, run: RunRecord) -> Files:
    """The table for a paper, with intervals."""
    return {"leaderboard.tex": tex.render(board, intervals=True).encode()}


def table_xlsx(board: Leaderboard, run: RunRecord) -> Files:
    """The table as a workbook."""
    return {"leaderboard.xlsx": xlsx.render(board)}


def tables_md(board: Leaderboard, run: RunRecord) -> Files:
    """The main tables alone as markdown, to stand in a text of your own."""
    return {"table.md": markdown.tables(board).encode()}


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


def classes_md(board: Leaderboard, run: RunRecord) -> Files:
    """Every class as markdown."""
    return {"classes.md": page.markdown(board, classes.page(board, run)).encode()}


def classes_csv(board: Leaderboard, run: RunRecord) -> Files:
    """Every class for spreadsheets, a line a method, stream and class."""
    return {"classes.csv": page.comma_separated(classes.page(board, run)).encode()}


def classes_json(board: Leaderboard, run: RunRecord) -> Files:
    """Every class for programs, as matrices."""
    return {"classes.json": page.as_json(board, classes.page(board, run)).encode()}


def classes_png(board: Leaderboard, run: RunRecord) -> Files:
    """Every class as a picture."""
    from harness.leaderboard.details import plot  # matplotlib takes a second to load

    return {"classes.png": plot.classes_png(board, run)}


def confusion_md(board: Leaderboard, run: RunRecord, method: str) -> Files:
    """A confusion matrix as markdown."""
    return {"confusion.md": page.markdown(board, confusion.page(board, run, method)).encode()}


def confusion_csv(board: Leaderboard, run: RunRecord, method: str) -> Files:
    """A confusion matrix for spreadsheets."""
    return {"confusion.csv": page.comma_separated(confusion.page(board, run, method)).encode()}


def confusion_json(board: Leaderboard, run: RunRecord, method: str) -> Files:
    """A confusion matrix for programs."""
    return {"confusion.json": page.as_json(board, confusion.page(board, run, method)).encode()}


def confusion_png(board: Leaderboard, run: RunRecord, method: str) -> Files:
    """A confusion matrix as a picture."""
    from harness.leaderboard.details import plot  # matplotlib takes a second to load

    return {"confusion.png": plot.confusion_png(board, run, method)}


def flips_md(board: Leaderboard, run: RunRecord, right: str, wrong: str) -> Files:
    """Clips that only one of two methods gets right, as markdown."""
    return {"flips.md": page.markdown(board, flips.page(board, run, right, wrong)).encode()}


def flips_csv(board: Leaderboard, run: RunRecord, right: str, wrong: str) -> Files:
    """Clips that only one of two methods gets right, for spreadsheets."""
    return {"flips.csv": page.comma_separated(flips.page(board, run, right, wrong)).encode()}


def flips_json(board: Leaderboard, run: RunRecord, right: str, wrong: str) -> Files:
    """Clips that only one of two methods gets right, for programs."""
    return {"flips.json": page.as_json(board, flips.page(board, run, right, wrong)).encode()}
