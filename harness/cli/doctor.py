"""`harness doctor`: what is installed, what is missing, and how to get it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import AsJson, PluginFiles
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.doctor import Diagnosis

EXAMPLES = """
Examples:

  harness doctor         everything, line by line

  harness doctor --json  for a bug report

  harness doctor --cluster auto --data /data/UCF101

                         every node of the Ray cluster that this machine is part of
"""
COLOURS = {"ok": "green", "missing": "yellow", "broken": "red"}


def doctor(
    as_json: AsJson = False,
    plugin: PluginFiles = None,
    cluster: Annotated[
        str | None, typer.Option(help="Look at every node of this Ray cluster instead: auto, or ray://HOST:10001.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="With --cluster: the data folder that all nodes should have.")
    ] = None,
) -> None:
    """Check versions, devices, package faults, data sets and weights; exit status 1 if something is broken."""
    from harness.terminal import console, say

    if data is not None and cluster is None:
        raise UsageError("--data: this goes with --cluster; harness datasets verify looks at one data set here")
    screen = console()
    found: list[Diagnosis] = []
    for diagnosis in _examined(cluster, data):
        found.append(diagnosis)
        if not as_json:
            detail = f": {diagnosis.detail}" if diagnosis.detail else ""
            say(screen, (f"{diagnosis.status:8}", COLOURS[diagnosis.status]), f"{diagnosis.what}{detail}")
    if as_json:
        typer.echo(json.dumps([asdict(diagnosis) for diagnosis in found], indent=1))
    else:
        counts = {status: sum(d.status == status for d in found) for status in COLOURS}
        say(screen, ", ".join(f"{count} {status}" for status, count in counts.items()))
    raise typer.Exit(1 if any(d.status == "broken" for d in found) else 0)


def _examined(cluster: str | None, data: Path | None) -> Iterator[Diagnosis]:
    from harness.doctor import examine, examine_cluster
    from harness.registry import registry

    return examine(registry()) if cluster is None else examine_cluster(cluster, data)
