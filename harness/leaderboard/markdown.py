"""The leaderboard as markdown."""

from __future__ import annotations

from collections.abc import Sequence

from harness.leaderboard.accuracy import STREAMS
from harness.leaderboard.published import has_published
from harness.leaderboard.table import Leaderboard, Record
from harness.leaderboard.text import DASH
from harness.leaderboard.views import (
    BEST,
    READING,
    TIED,
    TIED_SIGN,
    View,
    detail_views,
    known_streams,
    main_views,
    measure_view,
    published_views,
    with_any_number,
    with_numbers,
)


def render(board: Leaderboard) -> str:
    """Markdown text: protocol, one table a recogniser with details, what failed, notes, how to read it."""
    parts = [f"# {inline(board.title)}", protocol_table(board)]
    for recognizer in board.recognizers:
        records = board.of(recognizer)
        parts.append(f"## {inline(recognizer or 'Without a recogniser')}")
        if shown := with_any_number(records):
            parts += [_table(main_views(board, records), shown), _published(records), _details(records)]
    parts += [_further(board), _unfinished(board), _notes(board), bullets("How to read it", READING)]
    return "\n\n".join(part for part in parts if part) + "\n"


def protocol_table(board: Leaderboard) -> str:
    """Everything that changes numbers, as a table."""
    lines = [["protocol", ""], ["---", "---"], *([key, value] for key, value in board.protocol.items())]
    return "\n".join(map(line, lines))


def _details(records: Sequence[Record]) -> str:
    shown = with_numbers(records, (f"{stream}_top1" for stream in known_streams(records)))
    if not shown:
        return ""
    table = _table(detail_views(records), shown)
    return f"<details><summary>Mean class accuracy, top-5, p-values</summary>\n\n{table}\n\n</details>"


def _published(records: Sequence[Record]) -> str:
    """Measured and published numbers side by side, where the protocol is the same."""
    if not has_published(records):
        return ""
    shown = with_numbers(records, (f"{stream}_published" for stream in STREAMS))
    return f"### Compared with published numbers (mean class accuracy)\n\n{_table(published_views(records), shown)}"


def _further(board: Leaderboard) -> str:
    """Measures of other probes: the same whatever the recogniser, so shown once."""
    keys = [column.key for column in board.further_columns]
    shown = with_numbers(board.of(board.recognizers[0]), keys) if keys else []
    return f"## Further measures\n\n{_table([measure_view(c) for c in board.further_columns], shown)}" if shown else ""


def _unfinished(board: Leaderboard) -> str:
    """Rows that failed or were skipped; those with one reason share a line."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for record in board.records:
        if record["status"] != "ok":
            where = f" with {record['recognizer']}" if record["recognizer"] else ""
            alike.setdefault((where, record["status"], record["reason"] or ""), []).append(f"`{record['sr']}`")
    lines = [
        f"{', '.join(names)}{where}: **{status}** {DASH} {inline(reason)}"
        for (where, status, reason), names in alike.items()
    ]
    return bullets("Failed or skipped", lines)


def _notes(board: Leaderboard) -> str:
    about: dict[str, dict[str, None]] = {}
    for record in board.records:
        if record["note"] and "+" not in record["sr"]:  # a pair's notes are those of its parts
            about.setdefault(record["note"], {})[f"`{record['sr']}`"] = None
    lines = [f"{', '.join(names)}: {note}" for note, names in about.items()]
    return bullets("Notes", [inline(line) for line in (*board.notes, *lines)])


def _table(views: Sequence[View], records: Sequence[Record]) -> str:
    titles = ["SR", *(view.title for view in views)]
    rows = [[_name(record), *(_marked(view, record) for view in views)] for record in records]
    return "\n".join(map(line, [titles, ["---", *["---:"] * len(views)], *rows]))


def _name(record: Record) -> str:
    return f"`{record['sr']}`" + ("" if record["status"] == "ok" else f" ({record['status']})")


def _marked(view: View, record: Record) -> str:
    text, mark = view.text(record), view.mark(record)
    return {BEST: f"**{text}**", TIED: f"{text} {TIED_SIGN}"}.get(mark or "", text)


def bullets(title: str, lines: Sequence[str]) -> str:
    """A section of bullet points, or nothing without any."""
    return f"## {title}\n\n" + "\n".join(f"- {line}" for line in lines) if lines else ""


def line(cells: Sequence[str]) -> str:
    """One line of a table."""
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def inline(text: str) -> str:
    """Text from outside on one line, without characters that would start markup."""
    return " ".join(text.split()).replace("<", "&lt;").replace("*", "\\*")
