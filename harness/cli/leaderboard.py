"""`harness leaderboard`: the table again, from what a run stored."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import PluginFiles
from harness.specs import CLASSES, CONFUSION, FLIPS, PAIRS, TABLE

if TYPE_CHECKING:
    from harness.leaderboard.table import Leaderboard
    from harness.running.reading import RunRecord

EVERY_PAIR = "all"
EXAMPLES = """
Examples:

  harness leaderboard runs/mini-2                    in the terminal

  harness leaderboard runs/a runs/b                  two runs as one table

  harness leaderboard runs/mini-2 --pairs esrgan+vdsr  one more pair

  harness leaderboard runs/mini-2 --format csv       on standard output

  harness leaderboard runs/mini-2 --out table.md     format by ending

  harness leaderboard runs/mini-2 --out table.tex    for a paper; --format tex-intervals with intervals

  harness leaderboard runs/mini-2 --out table.xlsx   a workbook

  harness leaderboard runs/mini-2 --into README.md --marker mini-2 --format md-table

  harness leaderboard runs/mini-2 --fusion 1:1       other weights

  harness leaderboard runs/mini-2 --pairs all        all a+b as a matrix

  harness leaderboard runs/mini-2 --pairs all --out pairs.png

  harness leaderboard runs/mini-2 --classes          accuracy of every class

  harness leaderboard runs/mini-2 --classes --out classes.csv

  harness leaderboard runs/mini-2 --confusion esrgan   what for what

  harness leaderboard runs/mini-2 --confusion esrgan --fusion 1:0

  harness leaderboard runs/mini-2 --flips sosr bicubic --out flips.md

  harness leaderboard runs/mini-2 --out findings.md  which findings of the paper hold
"""


def leaderboard(
    run_dirs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN_DIR...", help="Folders that `harness run` wrote, of one protocol: one table."),
    ],
    format: Annotated[
        str | None, typer.Option(help="md, csv, json, png, html, tex, xlsx, findings, or another of a plugin.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="File to write, or an existing folder; without it, text goes to standard output. Further files "
            "of a format, such as its pictures, go beside the file."
        ),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Put the text between two lines of a file: <!-- harness: NAME --> and <!-- /harness: NAME -->.",
        ),
    ] = None,
    marker: Annotated[str, typer.Option(metavar="NAME", help="The name in those lines.")] = "leaderboard",
    pairs: Annotated[str, typer.Option(help="More pairs a+b (spatial+temporal) as a comma list, or all.")] = "",
    fusion: Annotated[str | None, typer.Option(help="Weights SPATIAL:TEMPORAL; default the benchmark's.")] = None,
    classes: Annotated[bool, typer.Option("--classes", help="Accuracy of every class.")] = False,
    confusion: Annotated[
        str | None,
        typer.Option(metavar="METHOD", help="What a method's clips are taken for."),
    ] = None,
    flips: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="Clips that A gets right and B wrong."),
    ] = None,
    protocol: Annotated[
        str | None, typer.Option(metavar="NAME", help="An earlier protocol whose cells the run folder still holds.")
    ] = None,
    plugin: PluginFiles = None,
) -> None:
    """Print the leaderboard of a run, or of several as one; only the statistics are computed again."""
    from harness.leaderboard.reports import find_report, render_report
    from harness.leaderboard.table import build
    from harness.registry import registry
    from harness.running.merging import load_runs
    from harness.syntax import split_list, split_pair

    wanted = split_list(pairs)
    view, methods = _view(EVERY_PAIR in wanted, classes, confusion, flips)
    weights = _weights(fusion)
    _refuse_both(out, into)
    report = find_report(registry(), format, out or into, view=view)  # complains before anything is computed
    record = load_runs(run_dirs, protocol)
    more = [pair for pair in wanted if pair != EVERY_PAIR]
    more += [method for method in methods if len(split_pair(method)) > 1]
    board = build(record, pairs=more, fusion=weights)
    if report is None:
        _show(board, record, view, methods)
    elif into is not None:
        _put(render_report(report, board, record, *methods), into, marker)
    else:
        _deliver(render_report(report, board, record, *methods), out)


def _view(
    every_pair: bool, classes: bool, confusion: str | None, flips: tuple[str, str] | None
) -> tuple[str, Sequence[str]]:
    """The view that is asked for and the methods that it is on. Raises `UsageError` for more than one."""
    from harness.errors import UsageError
    from harness.leaderboard.reports import option_of

    asked: dict[str, Sequence[str]] = {PAIRS: ()} if every_pair else {}
    asked |= {CLASSES: ()} if classes else {}
    asked |= {CONFUSION: (confusion,)} if confusion is not None else {}
    asked |= {FLIPS: flips} if flips is not None else {}
    if len(asked) > 1:
        raise UsageError(f"{' and '.join(map(option_of, asked))} are different tables; ask for one at a time")
    return next(iter(asked.items()), (TABLE, ()))


def _show(board: Leaderboard, record: RunRecord, view: str, methods: Sequence[str]) -> None:
    from harness.leaderboard import console as table_console
    from harness.leaderboard.details import console as details_console
    from harness.leaderboard.pairs import console as pairs_console
    from harness.terminal import console

    if view == TABLE:
        shown = table_console.render(board)
    elif view == PAIRS:
        shown = pairs_console.render(board)
    else:
        shown = details_console.render(board, record, view, methods)
    console().print(shown, crop=False)


def _weights(text: str | None) -> tuple[float, float] | None:
    """``"1:1.5"`` to numbers. Raises `UsageError` for anything but two that are finite, not negative and not both 0."""
    from harness.errors import UsageError

    if text is None:
        return None
    try:
        spatial, temporal = (float(part) for part in text.split(":"))
    except ValueError:
        spatial = temporal = math.nan
    if not (0 <= spatial < math.inf and 0 <= temporal < math.inf and spatial + temporal > 0):
        raise UsageError(f"--fusion {text!r}: write two weights SPATIAL:TEMPORAL from 0, not both 0, such as 1:1.5")
    return spatial, temporal


def _refuse_both(out: Path | None, into: Path | None) -> None:
    from harness.errors import UsageError

    if out is not None and into is not None:
        raise UsageError("--out writes a file of its own and --into a part of one; give one of them")


def _put(files: Mapping[str, bytes], into: Path, marker: str) -> None:
    from harness.leaderboard.write import write_into
    from harness.terminal import console, say

    changed = write_into(into, marker, _only_text(files))
    say(console(stderr=True), f"wrote {into}" if changed else f"{into} is up to date")


def _only_text(files: Mapping[str, bytes]) -> str:
    """The text of a report that is one text. Raises `UsageError` for any other."""
    from harness.errors import UsageError

    first, *others = files
    if others or not _is_text(files[first]):
        raise UsageError(f"this format gives {', '.join(files)}, not one text; name its file: --out {first}")
    return files[first].decode()


def _deliver(files: Mapping[str, bytes], out: Path | None) -> None:
    from harness.leaderboard.write import write_to
    from harness.terminal import console, say

    if out is not None:
        for path in write_to(out, files):
            say(console(stderr=True), f"wrote {path}")
        return
    typer.echo(_only_text(files).encode(), nl=False)


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False
