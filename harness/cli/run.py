"""`harness run`: the grid of SR methods and recognisers over a benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import completing
from harness.cli.executing import ClipTimeout, Devices, Executor, WorkerMemory, Workers, chosen_executor
from harness.cli.options import Compile, Device, PluginFiles, Precision, Tile
from harness.planning.computing import FULL
from harness.specs import DEFAULT_BENCHMARK
from harness.video.encoding import LOSSLESS

if TYPE_CHECKING:
    from rich.console import Console

    from harness.api import Done
    from harness.planning.cells import Cell
    from harness.planning.selecting import Request
    from harness.registry import Registry
    from harness.running.context import RunContext
    from harness.running.store import RunFolder

EXAMPLES = """
Examples:

  harness run                                    the whole embedded benchmark

  harness run --sr vdsr,rcan --recognizer tsn    with floor and ceiling

  harness run --sr sosr+tosr --limit 36          spatial + temporal stream

  harness run --sr "mine=basicsr:arch=RRDBNet,weights=my.pth,mine+tosr"  a row called mine, and a pair with it

  harness run --sr 'vdsr:checkpoint="x4+,b.pth"'  a comma or a plus in a value

  harness run --sr "basicvsr|span" --benchmark ucf101-published-x8 --data ~/UCF101  two steps, x4 and then x2

  harness run --sr sosr,tosr --save-frames sosr  keeps its restored clips

  harness run --sr files:root=runs/mini/frames/sosr,tool=sosr  scores kept clips

  harness run --benchmark my.yaml --data ~/clips --dry-run --estimate

The same command again resumes where it stopped.
"""


def run(
    benchmark: Annotated[
        str, typer.Option(help="Name of a shipped benchmark, or a .yaml file.", autocompletion=completing.benchmarks)
    ] = DEFAULT_BENCHMARK,
    sr: Annotated[
        str,
        typer.Option(
            help="SR methods: a comma list of names, name:option=value, pairs a+b; label=name:option=value names the "
            'row. Quote a value that holds a comma or a plus, option="a,b", unless it is a file that exists. all: '
            "the benchmark's own, and those of third-party plugins.",
            autocompletion=completing.declared("SRMethodSpec"),
        ),
    ] = "all",
    recognizer: Annotated[
        str,
        typer.Option(
            help="Recognisers: all, a comma list, name:option=value.",
            autocompletion=completing.declared("RecognizerSpec"),
        ),
    ] = "all",
    limit: Annotated[int | None, typer.Option(min=1, help="Only N clips, class-balanced and seeded.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; default runs/BENCHMARK[-LIMIT].")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the data set, if it is not embedded.")] = None,
    device: Device = "auto",
    precision: Precision = FULL,
    tile: Tile = None,
    compiled: Compile = False,
    flow_cache: Annotated[
        Path | None,
        typer.Option(
            "--flow-cache", metavar="DIR", help="Keep flow of HR frames there for later runs: up to 20 GB, oldest out."
        ),
    ] = None,
    workers: Workers = None,
    devices: Devices = None,
    clip_timeout: ClipTimeout = None,
    worker_memory: WorkerMemory = None,
    executor: Executor = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and stop.")] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="With --dry-run: say how long it may take, from a clip that is timed.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume/--no-resume", help="Resume from what the run folder holds.")] = True,
    strict: Annotated[bool, typer.Option("--strict", help="Count a skipped cell as a failed one.")] = False,
    skip_unreadable: Annotated[
        bool, typer.Option("--skip-unreadable", help="Score the other clips where some cannot be read.")
    ] = False,
    save_frames: Annotated[
        str,
        typer.Option(
            "--save-frames",
            metavar="METHOD,...",
            help="Keep the restored clips of these methods in frames/METHOD/ of the run folder.",
        ),
    ] = "",
    frames_codec: Annotated[
        str, typer.Option("--frames-codec", help="How they are kept: lossless, h264, h265 or av1.")
    ] = LOSSLESS,
    plugin: PluginFiles = None,
) -> None:
    """Restore clips with every SR method, show them to every recogniser, and print the leaderboard."""
    from harness.api import default_folder, require_methods
    from harness.bars import counting_bar, lazily
    from harness.errors import UsageError
    from harness.planning.benchmark import load_benchmark
    from harness.planning.computing import Computing
    from harness.planning.selecting import Request
    from harness.registry import registry
    from harness.running.build import pick_device
    from harness.running.compiling import require_compiler
    from harness.running.context import open_context
    from harness.running.flow_cache import open_flow_cache
    from harness.running.store import open_run
    from harness.syntax import split_list
    from harness.terminal import console as new_console
    from harness.terminal import say

    if estimate and not dry_run:
        raise UsageError("--estimate belongs to --dry-run: give both, or neither")
    if compiled and not dry_run:
        require_compiler(pick_device(device))
    console = new_console()
    kept = open_flow_cache(flow_cache) if flow_cache and not dry_run else None
    request = Request(
        load_benchmark(benchmark), sr, recognizer, limit, data, devices.split(",")[0] if devices else device,
        chosen_executor(executor, workers, devices, clip_timeout, worker_memory, registry()),
        skip_unreadable=skip_unreadable, computing=Computing(precision, tile, compiled),
    )  # fmt: skip
    with lazily(counting_bar, "reading clips", "clips") as progress:
        context = open_context(request, registry(), progress)
    context.flow_cache = kept
    names = split_list(save_frames) if save_frames else []
    require_methods(context, names, frames_codec)
    folder = out or default_folder(request)
    if dry_run:
        pending = _show(console, context, request, folder, resume)
        if estimate:
            _estimate(console, context, pending, folder if resume else None)
        return
    with open_run(folder) as run_folder:
        for line in run_folder.healed:
            say(console, f"damaged: {line}")
        if not resume:
            run_folder.clear()
        _show(console, context, request, folder, resume)
        _work(console, context, request, registry(), run_folder)
        if kept and kept.problem:
            say(console, kept.problem)
        done = _report(console, context, registry(), run_folder)
        if names:
            _save(console, done, names, frames_codec, request, registry())
        registry().manager.hook.harness_run_finished(run=run_folder)
    raise typer.Exit(1 if not done.ok or (strict and done.outcome.skipped) else 0)


def _show(console: Console, context: RunContext, request: Request, folder: Path, resume: bool) -> list[Cell]:
    from harness.cli.planning import show_plan
    from harness.running.workflow import waiting_cells
    from harness.terminal import say

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
    from harness.terminal import say

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
    from harness.terminal import say

    done = score(context, registry, folder)  # writes first, so that a table that is not seen is kept
    console.print(render(done.board), crop=False)
    for file in done.written.files:
        say(console, f"wrote {file}")
    for failure in done.written.failures:
        say(console, f"failed: {failure}")
    outcome = done.outcome
    say(console, f"{len(outcome.ok)} cells ok, {len(outcome.failed)} failed, {len(outcome.skipped)} skipped")
    return done


def _save(console: Console, done: Done, names: list[str], codec: str, request: Request, registry: Registry) -> None:
    from harness.api import save
    from harness.bars import counting_bar
    from harness.running.saving import folder_of
    from harness.terminal import say

    with counting_bar("saving frames", "clips") as progress:
        problems = save(done, names, codec, request, registry, progress)
    for line in problems:
        say(console, f"not saved: {line}", style="yellow")
    say(console, f"saved {', '.join(str(folder_of(done.folder, name)) for name in names)}")
