"""``make gates``: whether the networks of a benchmark are well trained, measured on held-out training clips."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.options import Device
from harness.errors import HarnessError

if TYPE_CHECKING:
    from rich.console import Console

EXAMPLES = """
Examples:

  python -m harness_benchmarks.gates                       all methods of mini-2 with the weights that are here

  python -m harness_benchmarks.gates --weights runs/train  weights of your own trainings as well

  python -m harness_benchmarks.gates --sr span,lanczos --data FOLDER --dry-run

  python -m harness_benchmarks.gates --out reports/mini    also training.md and training.json, written there

The training split is built by: harness datasets build mini-2 --split train. The same command again resumes.
"""
FILES = PAGE, NUMBERS = "training.md", "training.json"
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(epilog=EXAMPLES)
def gates(
    benchmark: Annotated[str, typer.Option(help="Name of a shipped benchmark, or a .yaml file.")] = "mini-2",
    sr: Annotated[str, typer.Option(help="SR methods, as for harness run.")] = "all",
    weights: Annotated[
        list[Path] | None,
        typer.Option(help="Weights of harness train with their cards, a file or a folder. May be given several times."),
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the training split, if not the usual one.")] = None,
    out: Annotated[Path | None, typer.Option(help=f"Folder for {' and '.join(FILES)}.")] = None,
    device: Device = "auto",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and stop.")] = False,
) -> None:
    """Measure SR networks on training clips that they never saw, and say which of the quality gates each passes.

    The exit code is 1 if a gate does not hold and no note says why.
    """
    from rich.console import Console

    try:
        good = _gates(Console(), (benchmark, sr, weights or [], data, device), out, dry_run)
    except HarnessError as error:
        typer.secho(f"error: {error}", fg=typer.colors.RED, err=True)
        raise typer.Exit(error.exit_code) from None
    raise typer.Exit(0 if good else 1)


def _gates(
    console: Console, asked: tuple[str, str, Sequence[Path], Path | None, str], out: Path | None, dry_run: bool
) -> bool:
    from harness_benchmarks.gatepage import grids
    from harness_benchmarks.gating import gating

    from harness.cli.planning import show_plan
    from harness.cli.progress import listener_for
    from harness.registry import registry
    from harness.running.workflow import waiting_cells

    work = gating(*asked, registry())
    pending = waiting_cells(work.context.plan, work.folder)
    show_plan(console, work.context.plan, pending, work.context.frames_to_restore(pending))
    if dry_run:
        return True
    work.measure(lambda todo: listener_for(console, todo))
    facts = work.facts()
    for grid in (grid for grid in grids(facts) if grid.rows):
        console.print(grid.for_terminal())
    if out is not None:
        command = shlex.join(["python", "-m", "harness_benchmarks.gates", *sys.argv[1:]])
        _write(console, {"command": command, **facts}, out)
    return all(verdict["holds"] or verdict["note"] for verdict in facts["verdicts"])


def _write(console: Console, facts: Mapping[str, Any], out: Path) -> None:
    from harness_benchmarks.gatepage import page

    out.mkdir(parents=True, exist_ok=True)
    (out / NUMBERS).write_text(json.dumps(facts, indent=1) + "\n")
    (out / PAGE).write_text(page(facts))
    console.print(f"wrote {' and '.join(FILES)} to {out}", highlight=False)


if __name__ == "__main__":
    app()
