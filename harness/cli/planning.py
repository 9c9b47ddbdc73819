"""Showing a plan before anything is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console

from harness.bars import clock
from harness.leaderboard.alike import alike
from harness.planning.cells import Cell, Plan
from harness.running.ahead import Forecast
from harness.tables import Column, Table
from harness.terminal import say

TITLES = ("cells", "to do", "clips", "frames to restore")


def show_plan(console: Console, plan: Plan, pending: Sequence[Cell], frames: int) -> None:
    """Print every method with what is to do and what is done, and below what is skipped and why."""
    say(console, describe_clips(plan))
    todo = {cell.id for cell in pending}
    lines = []
    for method in (m for m in plan.methods if not m.missing):
        cells = [cell for cell in plan.cells if method.label in [part.label for part in cell.methods]]
        waiting = [cell for cell in cells if cell.id in todo]
        clips, restored = (len(plan.clips), frames) if waiting else (0, 0)
        lines.append([method.label, *map(str, (len(cells), len(waiting), clips, restored))])
    # what is to do is what people look for
    ranks = (2, 0, 3, 1)
    columns = [Column(title, right=True, rank=rank) for title, rank in zip(TITLES, ranks, strict=True)]
    console.print(Table([Column("SR method", names=True), *columns], lines, title="plan"))
    # reasons are sentences with commands in them: below the table, where they can be copied
    for names, reason in alike((part.label, part.missing) for part in (*plan.methods, *plan.probes) if part.missing):
        say(console, f"skipped: {', '.join(names)}: {reason}")


def describe_clips(plan: Plan) -> str:
    """One line: the benchmark, its clips, and whether they are a subset."""
    some = "" if len(plan.clips) == plan.dataset_clips else f" (a class-balanced subset of {plan.dataset_clips})"
    counts = f"{len(plan.clips)} clips{some}, {len(plan.classes)} classes, {len(plan.cells)} cells"
    return f"{plan.benchmark.title}: {counts}"


def show_forecast(console: Console, forecast: Forecast, device: str) -> None:
    """Print how long every method may take, and all of them."""
    columns = [Column(title, right=True, rank=rank) for rank, title in enumerate(("time", "a clip", "clips"))]
    every = [*forecast.methods, *([replace(forecast.shared, method="reading and degrading")] * bool(forecast.methods))]
    lines = [[each.method, clock(each.total), f"{each.seconds:.2f} s", str(each.clips)] for each in every]
    if lines:
        console.print(Table([Column("SR method", names=True), *columns], lines, title="estimate from one clip"))
    for name, reason in forecast.failures.items():
        say(console, f"not timed: {name}: {reason}")
    total = f"about {clock(forecast.total)} on {device}, without building and scoring"
    say(console, total if lines else "nothing to do")
