"""Showing a plan before anything is done."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.planning.cells import Cell, Plan


def show_plan(console: Console, plan: Plan, pending: Sequence[Cell], frames: int) -> None:
    """Print every method with what is to do and what is done, and below what is skipped and why."""
    console.print(describe_clips(plan), highlight=False)
    table = Table("SR method", title="plan", title_justify="left")
    for title in ("cells", "to do", "clips", "frames to restore"):
        table.add_column(title, justify="right")
    todo = {cell.id for cell in pending}
    for method in (m for m in plan.methods if not m.missing):
        cells = [cell for cell in plan.cells if method.label in [part.label for part in cell.methods]]
        waiting = [cell for cell in cells if cell.id in todo]
        clips, restored = (len(plan.clips), frames) if waiting else (0, 0)
        table.add_row(escape(method.label), str(len(cells)), str(len(waiting)), str(clips), str(restored))
    console.print(table)
    # reasons are sentences with commands in them: below the table, where they can be copied
    for part in (*plan.methods, *plan.probes):
        if part.missing:
            console.print(f"skipped: {part.label}: {part.missing}", highlight=False, markup=False, soft_wrap=True)


def describe_clips(plan: Plan) -> str:
    """One line: the benchmark, its clips, and whether they are a subset."""
    some = "" if len(plan.clips) == plan.dataset_clips else f" (a class-balanced subset of {plan.dataset_clips})"
    counts = f"{len(plan.clips)} clips{some}, {len(plan.classes)} classes, {len(plan.cells)} cells"
    return f"{plan.benchmark.title}: {counts}"
