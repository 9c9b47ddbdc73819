"""`harness doctor`: what is installed, what is missing, and how to get it."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from harness.cli.options import AsJson, PluginFiles

EXAMPLES = """
Examples:

  harness doctor         everything, line by line

  harness doctor --json  for a bug report
"""
COLOURS = {"ok": "green", "missing": "yellow", "broken": "red"}


def doctor(as_json: AsJson = False, plugin: PluginFiles = None) -> None:
    """Check versions, devices, package faults, data sets and weights; exit status 1 if something is broken."""
    from harness.doctor import Diagnosis, examine
    from harness.registry import registry
    from harness.terminal import console, say

    screen = console()
    found: list[Diagnosis] = []
    for diagnosis in examine(registry()):
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
