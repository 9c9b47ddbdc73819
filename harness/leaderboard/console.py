"""The leaderboard in a terminal: one table from 108 columns on, else one for accuracy and one for quality below it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from harness.leaderboard.alike import alike
from harness.leaderboard.row import Row
from harness.leaderboard.streams import headline
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
from harness.shortening import shortened
from harness.specs import CEILING, SCORED
from harness.tables import Column, Line, Table
from harness.terminal import console, shown

WIDTH = 108
COMPLETE = "leaderboard.md"
"""The file that has every column."""
NAME_LETTERS = 40
"""Letters of a name, more only where it takes more to tell two apart; the file has all of them."""
COLOURS = {"failed": "red", "skipped": "yellow", "running": "cyan"}
PROTOCOL_SHOWN = ("clips", "degradation", "flow", "fusion")
SIGNS = {BEST: "*", TIED: TIED_SIGN, None: " "}
LEGEND = f"top-1 in % with 95 % interval; *: best, {TIED_SIGN}: not told apart from it; gain: points above "
"""With the floor's name after it."""


def plain(board: Leaderboard) -> str:
    """Plain text of what `render` shows, for a log or a pipe."""
    stream = StringIO()
    console(stream, width=WIDTH, color_system=None).print(render(board), crop=False)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def render(board: Leaderboard) -> Group:
    """What a `rich` console prints: main lines of the protocol, one table a recogniser, what failed or was skipped."""
    parts: list[RenderableType] = heading(board.title, board.protocol)
    for recognizer in board.recognizers:
        parts.append(_Tables(board, recognizer))
        if compared := with_comparison(board.of(recognizer)):
            parts.append(_published(compared, board.floor))
    return Group(*parts, *dimmed([LEGEND + board.floor, *board.notes]), *_unfinished(board))


def heading(title: str, protocol: Mapping[str, str]) -> list[RenderableType]:
    """The title and the main lines of the protocol."""
    lines = [f"{key}: {protocol[key]}" for key in PROTOCOL_SHOWN if key in protocol]
    return [Line(title, "bold"), *dimmed(lines)]


def dimmed(lines: Iterable[str]) -> list[Line]:
    """Sentences below or above a table."""
    return [Line(line, "dim") for line in lines]


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
            yield _table(views, rows, self.recognizer, self.board.floor)
        else:
            yield _table(views[:accuracy], rows, self.recognizer, self.board.floor)
            yield _table(views[accuracy:], rows, None, self.board.floor)


def _published(rows: Sequence[Row], floor: str) -> Table:
    """Measured and published numbers side by side, if the protocol is the same."""
    return _table(published_views(rows), rows, "compared with published numbers (mean class accuracy)", floor)


def _table(views: Sequence[View], rows: Sequence[Row], title: str | None, floor: str) -> Table:
    """A table in which, where it is narrow, what ranks stays longest, then the gain, then the first columns."""
    stream = headline(row.streams for row in rows)
    first = [stream, "gain"]
    ranks = [first.index(view.title) if view.title in first else len(first) + i for i, view in enumerate(views)]
    columns = [Column(view.title, right=True, rank=rank) for view, rank in zip(views, ranks, strict=True)]
    names = shortened([shown(row.sr) for row in rows], NAME_LETTERS)
    lines = [
        [_name(row, name, row.shown_state(stream), floor), *(_marked(view, row) for view in views)]
        for row, name in zip(rows, names, strict=True)
    ]
    return Table([Column("SR", names=True), *columns], lines, title=title or "", elsewhere=COMPLETE)


def _name(row: Row, name: str, state: str, floor: str) -> Text:
    style = "italic" if row.sr in (CEILING, floor) else ""
    return Text(f"{name} ({state})", style=COLOURS[state]) if state else Text(name, style=style)


def _marked(view: View, row: Row) -> Text:
    if view.mark is no_mark:
        return Text(view.text(row))
    mark = view.mark(row)
    return Text(view.text(row) + SIGNS[mark], style="bold" if mark == BEST else "")


def _unfinished(board: Leaderboard) -> list[Line]:
    """Rows without all their numbers, and why; those that were skipped for one cause share a line."""
    rows = [row for row in board.rows if not row.ok]
    others = [([row.sr], row.status, row.reason or "") for row in rows if row.status != "skipped"]
    skipped = alike((row.sr, row.reason or "") for row in rows if row.status == "skipped")
    told = [*others, *((names, "skipped", reason) for names, reason in skipped)]
    return [Line(f"{', '.join(names)} {status} {DASH} {reason}", COLOURS[status]) for names, status, reason in told]
