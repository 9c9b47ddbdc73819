"""`harness datasets`: which data sets there are, how to get them, and whether they are complete."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import completing
from harness.cli.help import Group
from harness.cli.options import AsJson, PluginFiles
from harness.terminal import tell

if TYPE_CHECKING:
    from harness.contracts import Dataset
    from harness.datasets.verifying import SplitFacts

EXAMPLES = """
Examples:

  harness datasets list                      names, splits, what is missing

  harness datasets show mini-2               classes, groups, sizes, durations

  harness datasets build mini-2              render its training split from its seed

  harness datasets verify mini-2 --split test  decode every clip
"""
Name = Annotated[
    str,
    typer.Argument(
        help="Data set, with options if it has any: NAME:option=value.",
        autocompletion=completing.declared("DatasetSpec"),
    ),
]
Data = Annotated[Path | None, typer.Option(help="Folder of the data set, if it is not embedded.")]
SHOWN = 10
"""Files that were passed over and are named."""
app = typer.Typer(
    cls=Group,
    name="datasets",
    help="List, describe, build and verify data sets.",
    no_args_is_help=True,
    epilog=EXAMPLES,
)


@app.command("list", epilog=EXAMPLES)
def list_datasets(as_json: AsJson = False, plugin: PluginFiles = None) -> None:
    """Every data set with its splits; a split that is not here says how to get it."""
    from harness.doctor import split_states
    from harness.registry import registry
    from harness.specs import DatasetSpec
    from harness.terminal import console, say

    found = [(spec, split_states(spec.name, registry())) for spec in registry().all(DatasetSpec).values()]
    if as_json:
        rows = [{"name": s.name, "summary": s.summary, "splits": x, "can_build": bool(s.builder)} for s, x in found]
        typer.echo(json.dumps(rows, indent=1))
        return
    screen = console()
    for spec, states in found:
        say(screen, (spec.name, "bold"), f"  {spec.summary}")
        for split, state in states.items():
            text = (f"{state} clips", "") if isinstance(state, int) else (state, "yellow")
            say(screen, f"  {split:8} ", text)


@app.command(epilog=EXAMPLES)
def show(name: Name, data: Data = None, as_json: AsJson = False, plugin: PluginFiles = None) -> None:
    """Counts by class, groups, frame sizes and durations of every split that is here."""
    from harness.datasets.verifying import describe
    from harness.errors import AnnotationError, UsageError

    dataset = open_named(name, data)
    found: list[SplitFacts] = []
    absent: dict[str, str] = {}
    for split in dataset.splits:
        try:
            found.append(describe(dataset, split))
        except AnnotationError:
            raise
        except UsageError as error:  # the split is not here, and says how to get it
            absent[split] = str(error)
    if as_json:
        content = {"name": name, "splits": [asdict(facts) for facts in found], "absent": absent}
        typer.echo(json.dumps(content, indent=1))
    else:
        _print_facts(name, found, absent)


@app.command(epilog=EXAMPLES)
def build(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Data set that can be made here.")],
    out: Annotated[Path | None, typer.Option(help="Folder; default where the harness looks for it.")] = None,
    seed: Annotated[int, typer.Option(help="Everything random follows from it.")] = 0,
    split: Annotated[list[str] | None, typer.Option(help="Only this split; may be given several times.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; default one per core.")] = None,
    plugin: PluginFiles = None,
) -> None:
    """Make a data set on this machine. The same command again resumes where it stopped."""
    from harness.bars import counting_bar
    from harness.errors import UsageError
    from harness.imports import resolve_import
    from harness.paths import home
    from harness.registry import registry
    from harness.specs import DatasetSpec

    spec = registry().get(DatasetSpec, name)
    if spec.builder is None:
        raise UsageError(f"data set {name!r} is not made here: {spec.summary}")
    folder = out or home() / "datasets" / name
    chosen: dict[str, Any] = {"splits": split} if split else {}
    with counting_bar(f"building {name}", "clips") as progress:
        resolve_import(spec.builder)(folder, seed=seed, workers=workers, progress=progress, **chosen)
    tell(f"built {name} in {folder}")


@app.command(epilog=EXAMPLES)
def verify(
    name: Name,
    data: Data = None,
    split: Annotated[list[str] | None, typer.Option(help="Only this split; may be given several times.")] = None,
    as_json: AsJson = False,
    plugin: PluginFiles = None,
) -> None:
    """Decode every clip; report missing, unreadable, short and duplicate ones; exit status 1 if there are any.

    What is in the folder and belongs to no clip is named as well, and is no problem.
    """
    from harness.bars import counting_bar
    from harness.datasets.verifying import verify as verify_splits
    from harness.terminal import console, say

    screen = console()
    dataset = open_named(name, data)
    with counting_bar(f"verifying {name}", "clips") as progress:
        verdict = verify_splits(dataset, split or dataset.splits, progress)
    if as_json:
        typer.echo(json.dumps(asdict(verdict), indent=1))
    else:
        for problem in verdict.problems:
            where = problem.split if problem.clip is None else f"{problem.split}/{problem.clip}"
            say(screen, (problem.kind, "red"), f" {where}: {problem.detail}")
        for listed, clips in verdict.clips.items():
            say(screen, f"{listed}: {clips} clips, digest {verdict.digests.get(listed, 'unknown: files are missing')}")
        if verdict.passed_over:
            say(screen, _passed_over(verdict.passed_over))
        say(screen, f"{len(verdict.problems)} problem(s)")
    raise typer.Exit(1 if verdict.problems else 0)


def _passed_over(names: Sequence[str]) -> str:
    what = "files and folders" if any(name.endswith("/") for name in names) else "files"
    rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"passed over: {len(names)} {what} ({', '.join(names[:SHOWN])}{rest})"


def open_named(text: str, data: Path | None = None) -> Dataset:
    """The data set behind ``NAME`` or ``NAME:option=value``; `data` is the user's folder."""
    from harness.planning.resolving import open_dataset
    from harness.registry import registry

    return open_dataset(text, registry(), data)


def _print_facts(name: str, found: list[SplitFacts], absent: dict[str, str]) -> None:
    from harness.tables import Column, Table
    from harness.terminal import console, say

    screen = console()
    for facts in found:
        say(screen, (f"{name} {facts.split}", "bold"), f": {facts.clips} clips in {facts.groups} groups")
        sizes = ", ".join(f"{size} ({clips})" for size, clips in facts.sizes.items())
        frames, seconds = (f"{low:g} to {high:g}, median {mid:g}" for low, mid, high in (facts.frames, facts.seconds))
        say(screen, f"  sizes: {sizes}\n  frames: {frames}\n  seconds: {seconds}")
    columns = [Column("class", names=True), *(Column(facts.split, right=True, rank=i) for i, facts in enumerate(found))]
    labels = found[0].per_class if found else ()
    lines = [[label, *(str(facts.per_class[label]) for facts in found)] for label in labels]
    screen.print(Table(columns, lines, continued=True))
    for split, reason in absent.items():
        say(screen, f"{split}: {reason}", style="yellow")
