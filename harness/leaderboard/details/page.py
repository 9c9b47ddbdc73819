"""A page of tables, written once and shown as markdown, CSV, JSON or in a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from harness.leaderboard.csv import comma_separated as table_as_text
from harness.leaderboard.json import SCHEMA_VERSION
from harness.leaderboard.markdown import bullets, inline, line, protocol_table
from harness.leaderboard.table import Leaderboard


@dataclass(frozen=True)
class Sheet:
    """One table as people read it: a heading, a sentence on it, column titles, and lines of as many texts.

    The first `names` columns say what a line is of.
    """

    heading: str
    caption: str
    head: Sequence[str]
    lines: Sequence[Sequence[str]]
    names: int = 1


@dataclass(frozen=True)
class Page:
    """Tables for people, one flat `table` for spreadsheets, and `content` for programs, of a thing called `name`."""

    name: str
    title: str
    sheets: Sequence[Sheet]
    notes: Sequence[str]
    table: pd.DataFrame
    content: Sequence[Mapping[str, Any]]


def markdown(board: Leaderboard, page: Page) -> str:
    """Markdown text: the protocol, one table a sheet, and how to read it."""
    parts = [f"# {inline(page.title)}: {inline(board.title)}", protocol_table(board)]
    for sheet in page.sheets:
        rule = ["---" if column < sheet.names else "---:" for column in range(len(sheet.head))]
        head, *lines = ([inline(text) for text in own] for own in (sheet.head, *sheet.lines))
        table = "\n".join(map(line, [head, rule, *lines]))
        parts += [f"## {inline(sheet.heading)}", inline(sheet.caption), *([table] if sheet.lines else [])]
    return "\n\n".join([*parts, bullets("How to read it", list(map(inline, [*page.notes, *board.notes])))]) + "\n"


def comma_separated(page: Page) -> str:
    """The flat table with a header line; a field is empty where a value is missing."""
    return table_as_text(page.table)


def as_json(board: Leaderboard, page: Page) -> str:
    """The protocol once, then the page's content under its name; percentages are 0 to 100."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "title": board.title,
        "protocol": dict(board.protocol),
        page.name: list(page.content),
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
