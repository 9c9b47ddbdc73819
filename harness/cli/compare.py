"""`harness compare`: two runs, and whether the second is worse: a gate for people who train."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.options import AsJson, PluginFiles

if TYPE_CHECKING:
    from harness.leaderboard.comparing import Change, Compared

EXAMPLES = """
Examples:

  harness compare runs/before runs/after         exit status 1 if accuracy dropped

  harness compare runs/before runs/after --json  for programs

Rows are joined by name: give a network that you train one label in both runs, --sr mine=vdsr:checkpoint=new.pth
"""
HOW_TO_READ = (
    "Accuracies are top-1 in percent over the same clips; the interval is at 95 %. p is of an exact sign-flip test "
    "over groups of clips, adjusted by Holm over all lines, so that where nothing changed, one of 20 comparisons like "
    "this reports a drop or a gain."
)


def compare(
    first: Annotated[Path, typer.Argument(metavar="RUN_A", help="The run that counts as before.")],
    second: Annotated[Path, typer.Argument(metavar="RUN_B", help="The run that counts as after.")],
    as_json: AsJson = False,
    plugin: PluginFiles = None,
) -> None:
    """Compare two runs of one protocol row by row; the exit status is 1 if any accuracy dropped beyond chance, and 2
    if they cannot be compared."""
    from harness import api
    from harness.errors import RunFolderError, UsageError

    try:
        found = api.compare(first, second)
    except RunFolderError as error:  # whose own exit status would read as a drop
        raise UsageError(str(error)) from error
    if as_json:
        typer.echo(json.dumps(_record(found), indent=1, ensure_ascii=False))
    else:
        _show(found)
    raise typer.Exit(1 if found.dropped else 0)


def _show(found: Compared) -> None:
    from rich.text import Text

    from harness.leaderboard.text import p_value
    from harness.tables import Column, Line, Table
    from harness.terminal import console, say

    titles = ("recogniser", "stream", "before", "after", "difference", "p", "")
    ranks = (6, 0, 3, 4, 1, 5, 2)
    right = ("before", "after", "difference", "p")
    columns = [Column(title, right=title in right, rank=rank) for title, rank in zip(titles, ranks, strict=True)]
    lines: list[list[str | Text]] = [
        [change.sr, change.recognizer, change.stream, f"{change.first:.1f}", f"{change.second:.1f}", _points(change),
         p_value(change.adjusted), Text(_verdict(change), style=COLOURS[_verdict(change)])]
        for change in found.changes
    ]  # fmt: skip
    console().print(Table([Column("SR", names=True), *columns], lines, elsewhere="--json"), Line(HOW_TO_READ, "dim"))
    for names, where in ((found.only_first, "first"), (found.only_second, "second")):
        if names:
            say(console(), f"only in the {where}: {', '.join(names)}")
    say(console(), f"{len(found.dropped)} dropped, {sum(c.gained for c in found.changes)} gained, "
        f"of {len(found.changes)}")  # fmt: skip


COLOURS = {"dropped": "red", "gained": "green", "": ""}


def _verdict(change: Change) -> str:
    return "dropped" if change.dropped else "gained" if change.gained else ""


def _points(change: Change) -> str:
    own = change.difference
    return f"{own.value:+.1f} [{own.low:+.1f}, {own.high:+.1f}]"


def _record(found: Compared) -> dict[str, Any]:
    from harness.leaderboard.row import tidy

    changes = [
        {
            "sr": change.sr, "recognizer": change.recognizer, "stream": change.stream,
            **{key: tidy(key, value) for key, value in (
                ("first", change.first), ("second", change.second), ("difference", change.difference.value),
                ("low", change.difference.low), ("high", change.difference.high), ("p", change.difference.p),
                ("adjusted_p", change.adjusted))},
            "verdict": _verdict(change),
        }
        for change in found.changes
    ]  # fmt: skip
    return {"changes": changes, "only_first": list(found.only_first), "only_second": list(found.only_second)}
