"""`harness schema`: the JSON schema of a file, for editors and for programs that read runs."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from harness.cli.options import PluginFiles

EXAMPLES = """
Examples:

  harness schema benchmark      of benchmark files, for an editor that completes and checks them

  harness schema recipe vdsr    of training recipes for a method or recogniser; without a name, for all of them

  harness schema cell           of cells/*/cell.json in a run folder

  harness schema leaderboard    of leaderboard.json
"""


def schema(
    name: Annotated[str, typer.Argument(metavar="benchmark|recipe|cell|leaderboard", help="What the file is.")],
    trained: Annotated[
        str | None, typer.Argument(metavar="METHOD|RECOGNIZER", help="Of a recipe: what it trains.")
    ] = None,
    plugin: PluginFiles = None,
) -> None:
    """Print the JSON schema of a file that people or programs read."""
    from harness.errors import UnknownNameError, UsageError

    if name not in SCHEMAS:
        raise UnknownNameError("schema", name, SCHEMAS)
    if trained is not None and name != RECIPE:
        raise UsageError(f"{name} files are the same for all; leave {trained!r} out")
    content = _recipe(trained) if name == RECIPE else SCHEMAS[name]()
    typer.echo(json.dumps(content, indent=1))


def _benchmark() -> dict[str, Any]:
    from harness.planning.benchmark import Benchmark

    return Benchmark.model_json_schema()


def _cell() -> dict[str, Any]:
    from pydantic import TypeAdapter

    from harness.running.rows import CellFile

    return TypeAdapter(CellFile).json_schema()


def _leaderboard() -> dict[str, Any]:
    from harness.leaderboard.schema import schema as of_leaderboard

    return of_leaderboard()


def _recipe(trained: str | None = None) -> dict[str, Any]:
    """Of the recipes for one method or recogniser, or of those for any."""
    from functools import reduce
    from operator import or_

    from pydantic import TypeAdapter

    from harness.cli.lookup import NETWORKS, declared
    from harness.errors import UsageError
    from harness.imports import resolve_import
    from harness.registry import registry

    every = [spec for kind in NETWORKS for spec in registry().all(kind).values()]
    chosen = every if trained is None else declared(registry(), trained, NETWORKS)
    models = dict.fromkeys(spec.recipe for spec in chosen if spec.recipe)
    if not models:
        known = ", ".join(sorted(spec.name for spec in every if spec.recipe)) or "none"
        raise UsageError(f"{trained or 'recipe'}: no recipe is declared; these have one: {known}")
    return TypeAdapter(reduce(or_, map(resolve_import, models))).json_schema()


RECIPE = "recipe"
SCHEMAS = {"benchmark": _benchmark, RECIPE: _recipe, "cell": _cell, "leaderboard": _leaderboard}
