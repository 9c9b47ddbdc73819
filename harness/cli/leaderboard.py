"""`harness leaderboard`: the table again, from what a run stored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import PluginFiles

if TYPE_CHECKING:
    from harness.specs import ReportSpec

EXAMPLES = """
Examples:

  harness leaderboard runs/mini                      in the terminal

  harness leaderboard runs/mini --pairs esrgan+vdsr  one more pair

  harness leaderboard runs/mini --format csv         on standard output

  harness leaderboard runs/mini --out table.md       format by ending
"""


def leaderboard(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Folder that `harness run` wrote.")],
    format: Annotated[str | None, typer.Option(help="md, csv, json, or another that a plugin brings.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; standard output where it is not given.")] = None,
    pairs: Annotated[str, typer.Option(help="More pairs a+b (spatial+temporal) as a comma list.")] = "",
    plugin: PluginFiles = None,
) -> None:
    """Print the leaderboard of a run: nothing is computed again but the statistics."""
    from harness.choice import split_list
    from harness.leaderboard.table import build
    from harness.record import load_run
    from harness.registry import resolve_import

    report = _report(format, out)
    board = build(load_run(run_dir), pairs=split_list(pairs))
    if report is None:
        from rich.console import Console

        from harness.leaderboard import console

        Console().print(console.render(board))
    else:
        _deliver(resolve_import(report.factory)(board), out)


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
    if out.suffix not in by_suffix:
        endings = ", ".join(sorted(by_suffix))
        raise UsageError(f"--out {out}: its ending names no format ({endings}); give --format as well")
    return by_suffix[out.suffix]


def _deliver(text: str, out: Path | None) -> None:
    from harness.errors import UsageError

    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--out {out}: cannot be written: {error.strerror}") from error
    typer.echo(f"wrote {out}", err=True)
