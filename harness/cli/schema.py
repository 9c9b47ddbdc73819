"""`harness schema`: the JSON schema of a file, for editors and for programs that read runs."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

EXAMPLES = """
Examples:

  harness schema benchmark      of benchmark files, for an editor that completes and checks them

  harness schema cell           of cells/*/cell.json in a run folder

  harness schema leaderboard    of leaderboard.json
"""


def schema(
    name: Annotated[str, typer.Argument(metavar="benchmark|cell|leaderboard", help="What the file is.")],
) -> None:
    """Print the JSON schema of a file that people or programs read."""
    from harness.errors import UnknownNameError

    if name not in SCHEMAS:
        raise UnknownNameError("schema", name, SCHEMAS)
    typer.echo(json.dumps(SCHEMAS[name](), indent=1))


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


SCHEMAS = {"benchmark": _benchmark, "cell": _cell, "leaderboard": _leaderboard}
