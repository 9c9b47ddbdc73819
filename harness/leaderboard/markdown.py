"""The leaderboard as markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.leaderboard.row import Row
from harness.leaderboard.streams import headline
from harness.leaderboard.table import Leaderboard
from harness.leaderboard.text import DASH
from harness.leaderboard.views import (
    BEST,
    TIED,
    TIED_SIGN,
    View,
    detail_views,
    how_to_read,
    main_views,
    measure_view,
    published_views,
    with_accuracy,
    with_any_number,
    with_comparison,
    with_measures,
)
from harness.syntax import parts_of
from harness.terminal import shown


def render(board: Leaderboard) -> str:
    """Markdown text: protocol, one table a recogniser with details, what failed, notes, how to read it."""
    parts = [f"# {inline(board.title)}", protocol_table(board)]
    for recognizer in board.recognizers:
        rows = board.of(recognizer)
        parts.append(f"## {inline(recognizer or 'Without a recogniser')}")
        if shown := with_any_number(rows):
            parts += [_table(main_views(board, rows), shown), _published(rows), _details(rows)]
    parts += [_further(board), _unfinished(board), _notes(board), bullets("How to read it", how_to_read(board.floor))]
    return "\n\n".join(part for part in parts if part) + "\n"


def tables(board: Leaderboard) -> str:
    """The main tables alone, one a recogniser, for a text that says the rest itself."""
    parts = []
    for recognizer in board.recognizers:
        rows = board.of(recognizer)
        if shown := with_any_number(rows):
            parts += [f"**{inline(recognizer)}**"] if recognizer and len(board.recognizers) > 1 else []
            parts.append(_table(main_views(board, rows), shown))
    return "\n\n".join(parts) + "\n"


def protocol_table(board: Leaderboard) -> str:
    """Everything that changes numbers, as a table."""
    lines = [["protocol", ""], ["---", "---"], *([key, inline(value)] for key, value in board.protocol.items())]
    return "\n".join(map(line, lines))


def _details(rows: Sequence[Row]) -> str:
    shown = with_accuracy(rows)
    if not shown:
        return ""
    table = _table(detail_views(rows), shown)
    return f"<details><summary>Mean class accuracy, top-5, p-values</summary>\n\n{table}\n\n</details>"


def _published(rows: Sequence[Row]) -> str:
    """Measured and published numbers side by side, if the protocol is the same."""
    shown = with_comparison(rows)
    if not shown:
        return ""
    return f"### Compared with published numbers (mean class accuracy)\n\n{_table(published_views(rows), shown)}"


def _further(board: Leaderboard) -> str:
    """Measures of other probes: the same whatever the recogniser, so shown once."""
    columns = board.further_columns
    shown = with_measures(board.of(board.recognizers[0]), [column.key for column in columns]) if columns else []
    return f"## Further measures\n\n{_table([measure_view(c) for c in columns], shown)}" if shown else ""


def _unfinished(board: Leaderboard) -> str:
    """Rows that failed or were skipped; those with one reason share a line."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for row in board.rows:
        if not row.ok:
            where = f" with {inline(row.recognizer)}" if row.recognizer else ""
            alike.setdefault((where, row.status, row.reason or ""), []).append(code(row.sr))
    lines = [
        f"{', '.join(names)}{where}: **{status}** {DASH} {inline(reason)}"
        for (where, status, reason), names in alike.items()
    ]
    return bullets("Failed or skipped", lines)


def _notes(board: Leaderboard) -> str:
    about: dict[str, dict[str, None]] = {}
    for row in board.rows:
        if row.note and len(parts_of(row.sr)) == 1:  # a pair's notes are those of its parts
            about.setdefault(row.note, {})[code(row.sr)] = None
    lines = [f"{', '.join(names)}: {inline(note)}" for note, names in about.items()]
    return bullets("Notes", [*map(inline, board.notes), *lines])


def _table(views: Sequence[View], rows: Sequence[Row]) -> str:
    titles = ["SR", *(view.title for view in views)]
    stream = headline(row.streams for row in rows)
    cells = [[_name(row, stream), *(_marked(view, row) for view in views)] for row in rows]
    return "\n".join(map(line, [titles, ["---", *["---:"] * len(views)], *cells]))


def _name(row: Row, stream: str) -> str:
    state = row.shown_state(stream)
    return code(row.sr) + (f" ({state})" if state else "")


def _marked(view: View, row: Row) -> str:
    text, mark = view.text(row), view.mark(row)
    return {BEST: f"**{text}**", TIED: f"{text} {TIED_SIGN}"}.get(mark or "", text)


def bullets(title: str, lines: Sequence[str]) -> str:
    """A section of bullet points, or nothing without any."""
    return f"## {title}\n\n" + "\n".join(f"- {line}" for line in lines) if lines else ""


def line(cells: Sequence[str]) -> str:
    """One line of a table."""
    return "| " + " | ".join(_one_line(cell).replace("|", "\\|") for cell in cells) + " |"


def inline(text: str) -> str:
    """Text from outside on one line, without characters that would start markup."""
    return _one_line(text).replace("<", "&lt;").replace("*", "\\*").replace("[", "\\[")


def code(name: str) -> str:
    """A name from outside as it is, in backticks: more of them than it has itself."""
    name = _one_line(name)
    fence = "`" * (max(map(len, re.findall("`+", name)), default=0) + 1)
    room = " " if len(fence) > 1 else ""
    return f"{fence}{room}{name}{room}{fence}"


def _one_line(text: str) -> str:
    return " ".join(shown(text).split())
