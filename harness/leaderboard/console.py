"""The leaderboard in a terminal: one table from 108 columns on, accuracy and quality in two below each other before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from harness.leaderboard.accuracy import STREAMS
from harness.leaderboard.published import has_published
from harness.leaderboard.table import Leaderboard, Record
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
    with_numbers,
)
from harness.specs import CEILING, FLOOR

WIDTH = 108
COLOURS = {"failed": "red", "skipped": "yellow", "running": "cyan"}
PROTOCOL_SHOWN = ("clips", "degradation", "flow", "fusion")
SIGNS = {BEST: "*", TIED: TIED_SIGN, None: " "}
READING = f"top-1 in % with 95 % interval; *: best, {TIED_SIGN}: not told apart from it; gain: points above {FLOOR}"


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
        if has_published(board.of(recognizer)):
            parts.append(_published(board.of(recognizer)))
    parts.append(Text(READING, style="dim"))
    return Group(*parts, *(Text(note, style="dim") for note in board.notes), *_unfinished(board))


@dataclass(frozen=True)
class _Tables:
    """One recogniser's rows, in as many tables as the terminal's width asks for."""

    board: Leaderboard
    recognizer: str | None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        records = with_any_number(self.board.of(self.recognizer))
        if not records:
            return
        views = main_views(self.board, records, compact=True)
        accuracy = sum(view.title in (*STREAMS, "gain") for view in views)
        if options.max_width >= WIDTH or not accuracy:
            yield _table(views, records, self.recognizer)
        else:
            yield _table(views[:accuracy], records, self.recognizer)
            yield _table(views[accuracy:], records, None)


def _published(records: Sequence[Record]) -> Table:
    """Measured and published numbers side by side, where the protocol is the same."""
    shown = with_numbers(records, (f"{stream}_published" for stream in STREAMS))
    return _table(published_views(records), shown, "compared with published numbers (mean class accuracy)")


def _table(views: Sequence[View], records: Sequence[Record], title: str | None) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("SR", min_width=8, overflow="fold")
    for view in views:
        table.add_column(view.title, justify="right", no_wrap=True)
    for record in records:
        table.add_row(_name(record), *(_marked(view, record) for view in views))
    return table


def _name(record: Record) -> Text:
    style = "italic" if record["sr"] in (CEILING, FLOOR) else ""
    if record["status"] == "ok":
        return Text(record["sr"], style=style)
    return Text(f"{record['sr']} ({record['status']})", style=COLOURS[record["status"]])


def _marked(view: View, record: Record) -> Text:
    if view.mark is no_mark:
        return Text(view.text(record))
    mark = view.mark(record)
    return Text(view.text(record) + SIGNS[mark], style="bold" if mark == BEST else "")


def _unfinished(board: Leaderboard) -> list[Text]:
    return [
        Text(f"{r['sr']} {r['status']} {DASH} {r['reason'] or ''}", style=COLOURS[r["status"]])
        for r in board.records
        if r["status"] != "ok"
    ]
