"""`harness runs`: which run folders there are, what is in them, deleting them, and one archive of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.help import Group

if TYPE_CHECKING:
    from rich.console import Console

    from harness.running.folders import Run

EXAMPLES = """
Examples:

  harness runs list              every run under runs/

  harness runs show runs/mini-2  protocol, cells, what is damaged

  harness runs watch runs/mini-2   follows it from another terminal

  harness runs delete runs/mini-2  asks first

  harness runs export runs/mini-2  writes runs/mini-2.zip

  harness runs import mini-2.zip   unpacks it as runs/mini-2
"""
RunDir = Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Folder that `harness run` wrote.")]
COLOURS = {"failed": "red", "damaged": "red", "skipped": "yellow", "running": "cyan"}
UNITS = ("B", "kB", "MB", "GB", "TB")
app = typer.Typer(
    cls=Group, name="runs", help="List, show, delete, export and import runs.", no_args_is_help=True, epilog=EXAMPLES
)


@app.command("list", epilog=EXAMPLES)
def list_runs(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that holds run folders.")] = Path("runs"),
) -> None:
    """Every run in a folder: its benchmark, how its cells ended, when it was written, and its size."""
    from harness.running.folders import read_run, runs_in
    from harness.tables import Column, Table
    from harness.terminal import console, say

    found = [read_run(path) for path in runs_in(folder)]
    if not found:
        say(console(), f"no run in {folder}")
        return
    counted = ("ok", "failed", "skipped", "damaged")
    ranks = {"written": 5, "size": 6, "benchmark": 0, **{title: i for i, title in enumerate(counted, start=1)}}
    titles = ("benchmark", *counted, "written", "size")
    columns = [Column(title, right=title != "benchmark", rank=ranks[title]) for title in titles]
    lines = [
        [
            str(run.path), run.benchmark, *(str(run.count(status)) for status in counted),
            f"{run.written:%Y-%m-%d %H:%M}", in_words(run.size),
        ]
        for run in found
    ]  # fmt: skip
    console().print(Table([Column("run", names=True), *columns], lines, elsewhere="harness runs show RUN_DIR"))


@app.command(epilog=EXAMPLES)
def show(run_dir: RunDir) -> None:
    """The protocol of a run, how each of its cells ended, and what of it is damaged or left out."""
    from harness.running.folders import read_run
    from harness.terminal import console

    _print(console(), read_run(run_dir))


@app.command(epilog=EXAMPLES)
def watch(
    run_dir: RunDir,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 1.0,
) -> None:
    """Follow a run that another terminal, or another machine with the same disk, computes, until it ends."""
    from harness.cli.watching import watch_run
    from harness.terminal import console, say

    say(console(), f"{run_dir}: {watch_run(run_dir, every)}")


@app.command(epilog=EXAMPLES)
def delete(
    run_dir: RunDir,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete what a run wrote; its folder stays if anything else is in it."""
    from harness.running.folders import delete_run, read_run
    from harness.terminal import console, say, shown

    run = read_run(run_dir)
    if not yes:
        what = f"{run.benchmark}, {len(run.cells)} cells, {in_words(run.size)}"
        typer.confirm(shown(f"delete {run_dir} ({what})?"), abort=True)
    others = delete_run(run_dir)
    still = f"the run; {run_dir} still holds {', '.join(others)}"
    say(console(), f"deleted {still if others else run_dir}")


@app.command("export", epilog=EXAMPLES)
def export(
    run_dir: RunDir,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Archive to write; default RUN_DIR.zip.")] = None,
) -> None:
    """Write a run into one archive, to hand it on."""
    from harness.running.packing import export_run
    from harness.terminal import console, say

    archive = out or run_dir.with_name(f"{run_dir.resolve().name}.zip")
    files = export_run(run_dir, archive)
    say(console(), f"wrote {archive}: {files} files, {in_words(archive.stat().st_size)}")


@app.command("import", epilog=EXAMPLES)
def import_(
    archive: Annotated[Path, typer.Argument(metavar="FILE", help="Archive that `harness runs export` wrote.")],
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder to make; default runs/NAME.")] = None,
) -> None:
    """Unpack a run from an archive, and check that everything is as it was written."""
    from harness.running.packing import import_run
    from harness.terminal import console, say

    place, damage = import_run(archive, out)
    for line in damage:
        say(console(), f"damaged: {line}", style="yellow")
    say(console(), f"unpacked {place}; see it with: harness leaderboard {place}")


def in_words(size: int) -> str:
    """Bytes with a unit, as ``1.2 MB``."""
    value, unit = float(size), 0
    while value >= 1000 and unit + 1 < len(UNITS):
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {UNITS[unit]}" if unit else f"{size} B"


def _print(console: Console, run: Run) -> None:
    from rich.text import Text

    from harness.tables import Column, Table
    from harness.terminal import say

    for key, value in _facts(run).items():
        say(console, f"{key}: {value}")
    names = [Column(title, names=True) for title in ("method", "probe")]
    lines: list[Sequence[str | Text]] = [
        [cell.method, cell.probe, Text(cell.status, style=COLOURS.get(cell.status, "")), cell.reason]
        for cell in run.cells
    ]
    console.print(Table([*names, Column("state"), Column("why", words=True, rank=1)], lines))
    for line in (*(f"damaged: {line}" for line in run.damage), *_left_out(run)):
        say(console, line, style="yellow")
    say(console, f"{len(run.cells)} cells, {in_words(run.size)}, written {run.written:%Y-%m-%d %H:%M}")


def _facts(run: Run) -> dict[str, str]:
    """What `run.json` says of the whole run; of what cannot be read there is nothing."""
    command, protocol = run.info.get("command"), run.info.get("protocol")
    return {
        "benchmark": run.benchmark,
        "status": str(run.info.get("status", "unknown")),
        "command": " ".join(map(str, command)) if isinstance(command, list) else "unknown",
        **{str(key): str(value) for key, value in (protocol.items() if isinstance(protocol, dict) else ())},
    }


def _left_out(run: Run) -> list[str]:
    left = run.info.get("left_out")
    return [
        f"{cells} cells of another protocol: harness leaderboard {run.path} --protocol {name}"
        for name, cells in (left.items() if isinstance(left, dict) else ())
    ]
