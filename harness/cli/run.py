"""`harness run`: the grid of SR methods and recognisers over a benchmark."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import Device, PluginFiles
from harness.specs import DEFAULT_BENCHMARK

if TYPE_CHECKING:
    from rich.console import Console

    from harness.planning.cells import Cell, Plan
    from harness.planning.selecting import Request
    from harness.registry import Registry
    from harness.running.context import RunContext
    from harness.running.store import RunFolder

EXAMPLES = """
Examples:

  harness run                                    the whole embedded benchmark

  harness run --sr vdsr,rcan --recognizer tsn    with floor and ceiling

  harness run --sr sosr+tosr --limit 36          spatial + temporal stream

  harness run --benchmark my.yaml --data ~/clips --dry-run

The same command again resumes where it stopped.
"""


def run(
    benchmark: Annotated[str, typer.Option(help="Name of a shipped benchmark, or a .yaml file.")] = DEFAULT_BENCHMARK,
    sr: Annotated[
        str,
        typer.Option(
            help="SR methods: a comma list, pairs a+b, name:option=value; "
            "all: those that the benchmark file lists, and those of third-party plugins."
        ),
    ] = "all",
    recognizer: Annotated[str, typer.Option(help="Recognisers: all, a comma list, name:option=value.")] = "all",
    limit: Annotated[int | None, typer.Option(min=1, help="Only N clips, class-balanced and seeded.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; default runs/BENCHMARK[-LIMIT].")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the data set, if it is not embedded.")] = None,
    device: Device = "auto",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and stop.")] = False,
    resume: Annotated[bool, typer.Option("--resume/--no-resume", help="Resume from what the run folder holds.")] = True,
    strict: Annotated[bool, typer.Option("--strict", help="Count a skipped cell as a failed one.")] = False,
    plugin: PluginFiles = None,
) -> None:
    """Restore clips with every SR method, show them to every recogniser, and print the leaderboard."""
    from rich.console import Console

    from harness.bars import counting_bar, lazily
    from harness.planning.benchmark import load_benchmark
    from harness.planning.selecting import Request
    from harness.registry import registry
    from harness.running.context import open_context
    from harness.running.store import open_run

    console = Console()
    request = Request(load_benchmark(benchmark), sr, recognizer, limit, data, device)
    with lazily(counting_bar, "reading clips", "clips") as progress:
        context = open_context(request, registry(), progress)
    folder = out or default_folder(request)
    if dry_run:
        _show(console, context, folder, resume)
        return
    with open_run(folder) as run_folder:
        for line in run_folder.healed:
            console.print(f"damaged: {line}", highlight=False, markup=False, soft_wrap=True)
        if not resume:
            run_folder.clear()
        _show(console, context, folder, resume)
        _work(console, context, request, registry(), run_folder)
        code = _report(console, context, registry(), run_folder, strict)
        registry().manager.hook.harness_run_finished(run=run_folder)
    raise typer.Exit(code)


def default_folder(request: Request) -> Path:
    """``runs/mini``, or ``runs/mini-72`` for a subset: another set of clips never lands in the same folder."""
    return Path("runs") / (request.benchmark.name + (f"-{request.limit}" if request.limit else ""))


def _show(console: Console, context: RunContext, folder: Path, resume: bool) -> None:
    from harness.cli.planning import show_plan
    from harness.running.workflow import waiting_cells

    pending = waiting_cells(context.plan, folder if resume else None)
    show_plan(console, context.plan, pending, context.frames_to_restore(pending))
    console.print(f"run folder: {folder}", highlight=False)


def _work(console: Console, context: RunContext, request: Request, registry: Registry, folder: RunFolder) -> None:
    from harness.cli.progress import listener_for
    from harness.errors import RunFolderError
    from harness.running.workflow import execute, record_start, waiting_cells

    record_start(context, request, folder)
    registry.manager.hook.harness_run_started(run=folder)
    todo = _clips_to_do(context.plan, waiting_cells(context.plan, folder.path), folder)
    try:
        with listener_for(console, todo) as listener:
            seconds = execute(context, request, folder, registry, listener)
    except KeyboardInterrupt:
        folder.set_status("interrupted")
        raise
    except OSError as error:  # of recording: whatever a plugin raises fails its cell
        with suppress(OSError):
            folder.set_status("stopped")
        why = error.strerror or error
        raise RunFolderError(f"{folder.path}: {why}; make room, and the same command resumes the run") from error
    folder.set_status("finished")
    if seconds:
        total = sum(seconds.values())
        shares = ", ".join(
            f"{name} {100 * s / total:.0f} %" for name, s in sorted(seconds.items(), key=lambda i: -i[1])
        )
        console.print(f"{total:.0f} s of work: {shares}", highlight=False)


def _clips_to_do(plan: Plan, pending: list[Cell], folder: RunFolder) -> dict[str, int]:
    """Clips that each method has yet to see; a clip counts until the last of the method's cells has seen it."""
    left: Counter[str] = Counter()
    for cell in pending:
        done = len(folder.cell(cell.id).rows())
        for part in cell.methods:
            left[part.label] = max(left[part.label], len(plan.clips) - done)
    return dict(left)


def _report(console: Console, context: RunContext, registry: Registry, folder: RunFolder, strict: bool) -> int:
    from harness.leaderboard.console import render
    from harness.leaderboard.table import build
    from harness.leaderboard.write import write_board
    from harness.running.reading import load_run
    from harness.running.workflow import outcome_of

    record = load_run(folder.path)
    board = build(record, registry=registry)
    console.print(render(board))
    written = write_board(board, record, registry, folder.path)
    for file in written.files:
        console.print(f"wrote {file}", highlight=False)
    for failure in written.failures:
        console.print(f"failed: {failure}", highlight=False, markup=False)
    outcome = outcome_of(context.plan, folder)
    console.print(
        f"{len(outcome.ok)} cells ok, {len(outcome.failed)} failed, {len(outcome.skipped)} skipped", highlight=False
    )
    return 1 if outcome.failed or written.failures or (strict and outcome.skipped) else 0
