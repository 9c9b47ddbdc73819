"""The leaderboard in a terminal: one table from 108 columns on, else one for accuracy and one for quality below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from harness.leaderboard.row import Row
from harness.leaderboard.table import Leaderboard
from harness.leaderboard.text import DASH
from harness.leaderboard.views import (
    BEST,
    TIED,
    TIED_SIGN,
    View,
    main_views,
    no_mark,
    published_views,
    with_any_number,
    with_comparison,
)
from harness.specs import CEILING, FLOOR, SCORED

WIDTH = 108
COLOURS = {"failed": "red", "skipped": "yellow", "running": "cyan"}
PROTOCOL_SHOWN = ("clips", "degradation", "flow", "fusion")
SIGNS = {BEST: "*", TIED: TIED_SIGN, None: " "}
LEGEND = f"top-1 in % with 95 % interval; *: best, {TIED_SIGN}: not told apart from it; gain: points above {FLOOR}"


def plain(board: Leaderboard) -> str:
    """Plain text of what `render` shows, for a log or a pipe."""
    stream = StringIO()
    Console(file=stream, width=WIDTH, color_system=None).print(render(board))
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def render(board: Leaderboard) -> Group:
    """What a `rich` console prints: main lines of the protocol, one table a recogniser, what failed or was skipped."""
    parts: list[RenderableType] = [Text(board.title, style="bold")]
    parts += [Text(f"{key}: {board.protocol[key]}", style="dim") for key in PROTOCOL_SHOWN if key in board.protocol]
    for recognizer in board.recognizers:
        parts.append(_Tables(board, recognizer))
        if compared := with_comparison(board.of(recognizer)):
            parts.append(_published(compared))
    parts.append(Text(LEGEND, style="dim"))
    return Group(*parts, *(Text(note, style="dim") for note in board.notes), *_unfinished(board))


@dataclass(frozen=True)
class _Tables:
    """One recogniser's rows, in as many tables as the terminal's width requires."""

    board: Leaderboard
    recognizer: str | None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        rows = with_any_number(self.board.of(self.recognizer))
        if not rows:
            return
        views = main_views(self.board, rows, compact=True)
        accuracy = sum(view.title in (*SCORED, "gain") for view in views)
        if options.max_width >= WIDTH or not accuracy:
            yield _table(views, rows, self.recognizer)
        else:
            yield _table(views[:accuracy], rows, self.recognizer)
            yield _table(views[accuracy:], rows, None)


def _published(rows: Sequence[Row]) -> Table:
    """Measured and published numbers side by side, if the protocol is the same."""
    return _table(published_views(rows), rows, "compared with published numbers (mean class accuracy)")


def _table(views: Sequence[View], rows: Sequence[Row], title: str | None) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("SR", min_width=8, overflow="fold")
    for view in views:
        table.add_column(view.title, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(_name(row), *(_marked(view, row) for view in views))
    return table


def _name(row: Row) -> Text:
    style = "italic" if row.sr in (CEILING, FLOOR) else ""
    return Text(row.sr, style=style) if row.ok else Text(f"{row.sr} ({row.status})", style=COLOURS[row.status])


def _marked(view: View, row: Row) -> Text:
    if view.mark is no_mark:
        return Text(view.text(row))
    mark = view.mark(row)
    return Text(view.text(row) + SIGNS[mark], style="bold" if mark == BEST else "")


def _unfinished(board: Leaderboard) -> list[Text]:
    return [
        Text(f"{row.sr} {row.status} {DASH} {row.reason or ''}", style=COLOURS[row.status])
        for row in board.rows
        if not row.ok
    ]
