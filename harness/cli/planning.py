"""How a plan is shown before anything is done."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.plan import Cell, Plan


def show_plan(console: Console, plan: Plan, pending: Sequence[Cell], frames: int) -> None:
    """Print methods x probes with what is to do, what is done already, and what is skipped and why."""
    console.print(describe_clips(plan), highlight=False)
    table = Table(title="plan", title_justify="left")
    table.add_column("SR method")
    for title in ("cells", "to do", "clips", "frames to restore"):
        table.add_column(title, justify="right")
    table.add_column("skipped because")
    todo = {cell.id for cell in pending}
    for method in plan.methods:
        cells = [cell for cell in plan.cells if cell.method.label == method.label]
        waiting = [cell for cell in cells if cell.id in todo]
        skipped = method.missing or ""
        table.add_row(
            escape(method.label), str(len(cells)), str(len(waiting)), str(len(plan.clips)) if waiting else "0",
            str(frames) if waiting else "0", escape(skipped),
        )  # fmt: skip
    console.print(table)
    for probe in plan.probes:
        if probe.missing:
            console.print(f"skipped for every method: {probe.label}: {probe.missing}", highlight=False, markup=False)


def describe_clips(plan: Plan) -> str:
    """One line: benchmark, clips, and that they are a subset where they are."""
    some = "" if len(plan.clips) == plan.dataset_clips else f" (a class-balanced subset of {plan.dataset_clips})"
    counts = f"{len(plan.clips)} clips{some}, {len(plan.classes)} classes, {len(plan.cells)} cells"
    return f"{plan.benchmark.title}: {counts}"
