"""`harness leaderboard`: the table again, from what a run stored."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import PluginFiles

if TYPE_CHECKING:
    from harness.leaderboard.table import Leaderboard

EVERY_PAIR = "all"
EXAMPLES = """
Examples:

  harness leaderboard runs/mini                      in the terminal

  harness leaderboard runs/mini --pairs esrgan+vdsr  one more pair

  harness leaderboard runs/mini --format csv         on standard output

  harness leaderboard runs/mini --out table.md       format by ending

  harness leaderboard runs/mini --fusion 1:1         other weights

  harness leaderboard runs/mini --pairs all          all a+b as a matrix

  harness leaderboard runs/mini --pairs all --out pairs.png

  harness leaderboard runs/mini --out findings.md    which findings of the paper hold
"""


def leaderboard(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Folder that `harness run` wrote.")],
    format: Annotated[str | None, typer.Option(help="md, csv, json, png, findings, or another of a plugin.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="File to write, or an existing folder; without it, text goes to standard output. Further files "
            "of a format, such as its pictures, go beside the file."
        ),
    ] = None,
    pairs: Annotated[str, typer.Option(help="More pairs a+b (spatial+temporal) as a comma list, or all.")] = "",
    fusion: Annotated[str | None, typer.Option(help="Weights SPATIAL:TEMPORAL; default the benchmark's.")] = None,
    protocol: Annotated[
        str | None, typer.Option(metavar="NAME", help="An earlier protocol whose cells the run folder still holds.")
    ] = None,
    plugin: PluginFiles = None,
) -> None:
    """Print the leaderboard of a run; only the statistics are computed again."""
    from harness.choice import split_list
    from harness.leaderboard.reports import find_report, render_report
    from harness.leaderboard.table import build
    from harness.registry import registry
    from harness.running.reading import load_run

    wanted = split_list(pairs)
    every = EVERY_PAIR in wanted
    weights = _weights(fusion)
    report = find_report(registry(), format, out, pairs=every)  # complains before anything is computed
    record = load_run(run_dir, protocol)
    board = build(record, pairs=[pair for pair in wanted if pair != EVERY_PAIR], fusion=weights)
    if report is None:
        _show(board, every)
    else:
        _deliver(render_report(report, board, record), out)


def _show(board: Leaderboard, every_pair: bool) -> None:
    from rich.console import Console

    from harness.leaderboard import console
    from harness.leaderboard.pairs import console as pairs_console

    Console().print(pairs_console.render(board) if every_pair else console.render(board))


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


def _deliver(files: Mapping[str, bytes], out: Path | None) -> None:
    from harness.errors import UsageError
    from harness.leaderboard.write import write_to

    if out is not None:
        for path in write_to(out, files):
            typer.echo(f"wrote {path}", err=True)
        return
    first, *others = files
    if others or not _is_text(files[first]):
        raise UsageError(f"this format gives {', '.join(files)}, not one text; name its file: --out {first}")
    typer.echo(files[first], nl=False)


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False
