"""The page as files: one HTML file, its data, style and scripts, and the pictures of clips."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.contracts import Pictures
from harness.leaderboard.alike import alike
from harness.leaderboard.citations import bibtex
from harness.leaderboard.table import Leaderboard
from harness.leaderboard.views import how_to_read
from harness.terminal import shown
from harness_page.clips import clips_of
from harness_page.findings import PAPER, READING, findings_of
from harness_page.plots import MOST_PAIRED, plots_of
from harness_page.table import table_of
from harness_page.verdicts import verdicts_of

if TYPE_CHECKING:
    from harness import RunRecord

INDEX = "index.html"
OWN = ("page.css", "page.js", "plots.js", "clips.js")
OTHERS = ("d3.min.js", "plot.umd.min.js", "sortable.min.js", "sortable.a11y.min.js")
LICENCES = ("d3.LICENSE.txt", "plot.umd.LICENSE.txt", "sortable.LICENSE.txt")


def render(board: Leaderboard, run: RunRecord, pictures: Pictures) -> dict[str, bytes]:
    """All files of the page; `index.html` is the one to open."""
    clips = clips_of(board, run, pictures)
    columns, rows = table_of(board)
    plots = plots_of(board, run)
    content = {
        "plots": plots,
        "verdicts": verdicts_of(board, run),
        "clips": clips.content,
    }
    facts = {
        "title": shown(board.title),
        "protocol": _shown(board.protocol),
        "environment": _environment(run.info),
        "commands": _commands(run.info),
        "notes": [shown(note) for note in board.notes],
        "unfinished": _unfinished(board),
        "columns": columns,
        "rows": rows,
        "recognizers": [shown(name) for name in board.recognizers if name],
        "streams": plots["streams"],
        "families": sorted({family for row in rows for family in row.families}),
        "findings": findings_of(board),
        "paper": PAPER,
        "reading": READING,
        "how_to_read": [text.replace("`", "") for text in how_to_read(board.floor)],
        "clips": clips,
        "most_paired": MOST_PAIRED,
        "bibtex": bibtex(board.citations),
        "styles": [name for name in OWN if name.endswith(".css")],
        "scripts": [*OTHERS, "data.js", *(name for name in OWN if name.endswith(".js"))],
        "licences": LICENCES,
    }
    return {
        INDEX: _template("page.html.jinja").render(facts).encode(),
        "data.js": _script(content),
        **_beside(),
        **clips.files,
    }


def _template(name: str) -> Any:
    environment = Environment(
        loader=PackageLoader("harness_page"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template(name)


def _script(content: Mapping[str, Any]) -> bytes:
    """A script that sets the page's data; as a script, because pages from disk may not fetch files."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # the two characters that end a line of JavaScript, but not of JSON
    return f"window.pageData = {text};\n".replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").encode()


def _beside() -> dict[str, bytes]:
    package = files("harness_page")
    own = {name: package.joinpath("static", name).read_bytes() for name in OWN}
    others = {name: package.joinpath("vendored", name).read_bytes() for name in (*OTHERS, *LICENCES)}
    return {**own, **others}


def _shown(facts: Mapping[str, object]) -> dict[str, str]:
    return {shown(str(key)): shown(str(value)) for key, value in facts.items()}


def _environment(info: Mapping[str, Any]) -> dict[str, str]:
    """What the run was made with, nested facts on one line each."""
    found = info.get("environment", {})
    flat = {
        key: ", ".join(f"{name} {own}" for name, own in value.items()) if isinstance(value, Mapping) else value
        for key, value in found.items()
    }
    return _shown({key.replace("_", " "): value for key, value in flat.items()})


def _commands(info: Mapping[str, Any]) -> list[str]:
    """The command of every run that is in the table, as a shell takes it."""
    return [shown(shlex.join(map(str, command))) for command in info.get("commands", [info.get("command", [])])]


def _unfinished(board: Leaderboard) -> Sequence[tuple[str, str]]:
    """Methods without all their numbers, and why; those that stopped for one cause share a line."""
    found = []
    for status in ("failed", "running", "skipped"):
        reasons = [(row.sr, row.reason or "") for row in board.rows if row.status == status]
        found += [(shown(", ".join(names)), f"{status}: {shown(reason)}") for names, reason in alike(reasons)]
    return found
