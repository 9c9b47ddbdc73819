"""The leaderboard as one HTML file without scripts, to send or to paste."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from harness.leaderboard.row import Row
from harness.leaderboard.table import Leaderboard
from harness.leaderboard.views import BEST, TIED, TIED_SIGN, View, how_to_read, main_views, with_any_number
from harness.terminal import shown

STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:2rem;max-width:90rem}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}div{overflow-x:auto}"
    "th,td{padding:.25rem .6rem;border-bottom:1px solid #8884;text-align:right;white-space:nowrap}"
    "th:first-child{text-align:left}"
)


def render(board: Leaderboard) -> str:
    """A whole page: the protocol, one table a recogniser, notes, how to read it. Nothing from outside is markup."""
    title = _text(board.title)
    parts = [
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head><body>',
        f"<h1>{title}</h1>",
    ]
    for recognizer in board.recognizers:
        if rows := with_any_number(board.of(recognizer)):
            parts += [f"<h2>{_text(recognizer or 'Without a recogniser')}</h2>", _table(main_views(board, rows), rows)]
    parts.append(_list("Protocol", [f"{key}: {value}" for key, value in board.protocol.items()]))
    parts.append(_list("Failed or skipped", [f"{r.sr}: {r.status}: {r.reason}" for r in board.rows if not r.ok]))
    reading = [text.replace("`", "") for text in how_to_read(board.floor)]
    parts += [_list("Notes", board.notes), _list("How to read it", reading)]
    return "\n".join([*filter(None, parts), "</body></html>"]) + "\n"


def _table(views: Sequence[View], rows: Sequence[Row]) -> str:
    head = "".join(f'<th scope="col">{_text(title)}</th>' for title in ("SR", *(view.title for view in views)))
    lines = [
        f'<tr><th scope="row">{_text(row.sr)}</th>{"".join(f"<td>{_marked(view, row)}</td>" for view in views)}</tr>'
        for row in rows
    ]
    return f"<div><table><thead><tr>{head}</tr></thead><tbody>\n" + "\n".join(lines) + "\n</tbody></table></div>"


def _marked(view: View, row: Row) -> str:
    text, mark = _text(view.text(row)), view.mark(row)
    return {BEST: f"<strong>{text}</strong>", TIED: f"{text} {TIED_SIGN}"}.get(mark or "", text)


def _list(title: str, lines: Sequence[str]) -> str:
    return f"<h2>{title}</h2><ul>" + "".join(f"<li>{_text(line)}</li>" for line in lines) + "</ul>" if lines else ""


def _text(text: str) -> str:
    return escape(shown(text))
