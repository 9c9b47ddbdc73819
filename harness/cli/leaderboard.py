"""`harness leaderboard`: the table again, from what a run stored."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import PluginFiles

if TYPE_CHECKING:
    from rich.console import RenderableType

    from harness.leaderboard.table import Leaderboard
    from harness.specs import ReportSpec

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

  harness leaderboard runs/mini --out findings.md    what of the paper holds
"""


def leaderboard(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Folder that `harness run` wrote.")],
    format: Annotated[str | None, typer.Option(help="md, csv, json, findings, or another of a plugin.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; standard output where it is not given.")] = None,
    pairs: Annotated[str, typer.Option(help="More pairs a+b (spatial+temporal) as a comma list, or all.")] = "",
    fusion: Annotated[str | None, typer.Option(help="Weights SPATIAL:TEMPORAL; default the benchmark's.")] = None,
    plugin: PluginFiles = None,
) -> None:
    """Print the leaderboard of a run: nothing is computed again but the statistics."""
    from harness.choice import split_list
    from harness.leaderboard.table import build
    from harness.running.reading import load_run

    wanted = split_list(pairs)
    weights = _weights(fusion)
    every = EVERY_PAIR in wanted
    deliver = _all_pairs(format, out) if every else _one_table(format, out)  # complain before computing
    named = [pair for pair in wanted if pair != EVERY_PAIR]
    deliver(build(load_run(run_dir), pairs=named, fusion=weights))


def _one_table(format: str | None, out: Path | None) -> Callable[[Leaderboard], None]:
    from harness.imports import resolve_import

    report = _report(format, out)
    if report is None:
        from harness.leaderboard import console

        return lambda board: _print(console.render(board))
    render = resolve_import(report.factory)
    return lambda board: _deliver(render(board), out)


def _all_pairs(format: str | None, out: Path | None) -> Callable[[Leaderboard], None]:
    from harness.leaderboard.pairs import console
    from harness.leaderboard.pairs.forms import FORMS, find_form

    form = find_form(format, out)
    if form is None:
        return lambda board: _print(console.render(board))
    return lambda board: _deliver(FORMS[form](board), out)


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
        raise UsageError(f"--fusion {text!r}: write two weights SPATIAL:TEMPORAL from 0, one above it, such as 1:1.5")
    return spatial, temporal


def _print(what: RenderableType) -> None:
    from rich.console import Console

    Console().print(what)


def _report(name: str | None, out: Path | None) -> ReportSpec | None:
    """The format asked for by name or by the file's ending; None for the table in the terminal."""
    from harness.errors import UsageError
    from harness.registry import registry
    from harness.specs import ReportSpec

    if name is not None:
        return registry().get(ReportSpec, name)
    if out is None:
        return None
    by_suffix = {spec.suffix: spec for spec in registry().all(ReportSpec).values() if spec.suffix}
    fitting = [suffix for suffix in by_suffix if out.name.endswith(suffix)]
    if not fitting:
        endings = ", ".join(sorted(by_suffix))
        raise UsageError(f"--out {out}: its ending names no format ({endings}); give --format as well")
    return by_suffix[max(fitting, key=len)]


def _deliver(content: str | bytes, out: Path | None) -> None:
    from harness.errors import UsageError

    data = content.encode() if isinstance(content, str) else content
    if out is None:
        typer.echo(data, nl=False)
        return
    try:
        out.write_bytes(data)
    except OSError as error:
        raise UsageError(f"--out {out}: cannot be written: {error.strerror}") from error
    typer.echo(f"wrote {out}", err=True)
