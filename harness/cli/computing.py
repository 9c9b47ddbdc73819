"""What `harness run` does with a request, or with one for each degradation of a benchmark, and what it prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.terminal import say

if TYPE_CHECKING:
    from rich.console import Console

    from harness.api import Done
    from harness.planning.benchmark import Benchmark
    from harness.planning.cells import Cell
    from harness.planning.selecting import Request
    from harness.registry import Registry
    from harness.running.context import RunContext
    from harness.running.flow_cache import FlowCache
    from harness.running.store import RunFolder


@dataclass(frozen=True)
class Wanted:
    """What the user wants besides the results themselves."""

    console: Console
    registry: Registry
    resume: bool
    dry_run: bool
    estimate: bool
    frames_of: Sequence[str]
    """Methods whose restored clips are kept."""
    frames_codec: str
    flow_cache: FlowCache | None


def run_variants(
    wanted: Wanted, request: Request, variants: Mapping[str, Sequence[Benchmark]], folder: Path
) -> list[Done | None]:
    """A run for every degradation and seed, each in a folder of its own below `folder`, and one table of all."""
    from harness.planning.variants import folder_name

    found: dict[str, list[Done | None]] = {}
    for name, benchmarks in variants.items():
        for benchmark in benchmarks:
            one = replace(request, benchmark=benchmark)
            found.setdefault(name, []).append(run_once(wanted, one, folder / folder_name(benchmark)))
    every = [done for runs in found.values() for done in runs]
    finished = {name: [done for done in runs if done is not None] for name, runs in found.items()}
    if not wanted.dry_run:
        _compare(wanted, request, finished, folder)
    return every


def run_once(wanted: Wanted, request: Request, folder: Path) -> Done | None:
    """One run; None for a dry one."""
    from harness.api import require_methods
    from harness.bars import counting_bar, lazily
    from harness.running.context import open_context
    from harness.running.store import open_run

    console, registry = wanted.console, wanted.registry
    with lazily(counting_bar, "reading clips", "clips") as progress:
        context = open_context(request, registry, progress)
    context.flow_cache = wanted.flow_cache
    require_methods(context, wanted.frames_of, wanted.frames_codec)
    if wanted.dry_run:
        pending = _show(console, context, request, folder, wanted.resume)
        if wanted.estimate:
            _estimate(console, context, pending, folder if wanted.resume else None)
        return None
    with open_run(folder) as run_folder:
        for line in run_folder.healed:
            say(console, f"damaged: {line}")
        if not wanted.resume:
            run_folder.clear()
        _show(console, context, request, folder, wanted.resume)
        _work(console, context, request, registry, run_folder)
        done = _report(console, context, registry, run_folder)
        if wanted.frames_of:
            _save(wanted, done, request)
        registry.manager.hook.harness_run_finished(run=run_folder)
    return done


def _compare(wanted: Wanted, request: Request, found: Mapping[str, Sequence[Done]], folder: Path) -> None:
    from harness.api import write_robustness
    from harness.leaderboard.robustness.page import HOW_TO_READ, for_terminal

    boards = {name: [done.board for done in runs] for name, runs in found.items()}
    tables, files = write_robustness(request.benchmark, boards, folder)
    if not tables:
        say(wanted.console, "no recogniser, so no table of all degradations")
        return
    for table in tables:
        wanted.console.print(for_terminal(table), crop=False)
    for number, name in enumerate(boards, 1):
        say(wanted.console, f"{number}: {name}" + (f", {len(boards[name])} seeds" if len(boards[name]) > 1 else ""))
    say(wanted.console, HOW_TO_READ)
    for file in files:
        say(wanted.console, f"wrote {file}")


def _show(console: Console, context: RunContext, request: Request, folder: Path, resume: bool) -> list[Cell]:
    from harness.cli.planning import show_plan
    from harness.running.workflow import waiting_cells

    pending = waiting_cells(context.plan, folder if resume else None, skip_unreadable=request.skip_unreadable)
    show_plan(console, context.plan, pending, context.frames_to_restore(pending))
    say(console, f"run folder: {folder}")
    return pending


def _estimate(console: Console, context: RunContext, pending: list[Cell], folder: Path | None) -> None:
    from harness.bars import counting_bar, lazily
    from harness.cli.planning import show_forecast
    from harness.running.ahead import clips_to_do, forecast
    from harness.running.store import RunFolder

    todo = clips_to_do(context.plan, pending, RunFolder(folder) if folder else None)
    with lazily(counting_bar, "timing on one clip", "methods") as progress:
        found = forecast(context, pending, todo, progress)
    show_forecast(console, found, str(context.device))


def _work(console: Console, context: RunContext, request: Request, registry: Registry, folder: RunFolder) -> None:
    from harness.api import compute
    from harness.cli.progress import listener_for

    seconds = compute(context, request, registry, folder, lambda todo: listener_for(console, todo))
    if seconds:
        total = sum(seconds.values())
        shares = ", ".join(
            f"{name} {100 * s / total:.0f} %" for name, s in sorted(seconds.items(), key=lambda i: -i[1])
        )
        say(console, f"{total:.0f} s of work: {shares}")


def _report(console: Console, context: RunContext, registry: Registry, folder: RunFolder) -> Done:
    from harness.api import score
    from harness.leaderboard.console import render

    done = score(context, registry, folder)  # writes first, so that a table that is not seen is kept
    console.print(render(done.board), crop=False)
    for file in done.written.files:
        say(console, f"wrote {file}")
    for failure in done.written.failures:
        say(console, f"failed: {failure}")
    outcome = done.outcome
    say(console, f"{len(outcome.ok)} cells ok, {len(outcome.failed)} failed, {len(outcome.skipped)} skipped")
    return done


def _save(wanted: Wanted, done: Done, request: Request) -> None:
    from harness.api import save
    from harness.bars import counting_bar
    from harness.running.saving import folder_of

    with counting_bar("saving frames", "clips") as progress:
        problems = save(done, wanted.frames_of, wanted.frames_codec, request, wanted.registry, progress)
    for line in problems:
        say(wanted.console, f"not saved: {line}", style="yellow")
    say(wanted.console, f"saved {', '.join(str(folder_of(done.folder, name)) for name in wanted.frames_of)}")
