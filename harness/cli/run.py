"""`harness run`: the grid of SR methods and recognisers over a benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli import completing
from harness.cli.executing import ClipTimeout, Devices, Executor, WorkerMemory, Workers, chosen_executor
from harness.cli.options import Compile, Device, PluginFiles, Precision, Tile
from harness.planning.computing import FULL
from harness.specs import DEFAULT_BENCHMARK
from harness.video.encoding import LOSSLESS

EXAMPLES = """
Examples:

  harness run                                    the whole embedded benchmark

  harness run --sr vdsr,rcan --recognizer tsn    with floor and ceiling

  harness run --sr sosr+tosr --limit 36          spatial + temporal stream

  harness run --sr "mine=basicsr:arch=RRDBNet,weights=my.pth,mine+tosr"  a row called mine, and a pair with it

  harness run --sr 'vdsr:checkpoint="x4+,b.pth"'  a comma or a plus in a value

  harness run --sr "basicvsr|span" --benchmark ucf101-published-x8 --data ~/UCF101  two steps, x4 and then x2

  harness run --sr sosr,tosr --save-frames sosr  keeps its restored clips

  harness run --sr files:root=runs/mini-2/frames/sosr,tool=sosr  scores kept clips

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
    from harness.api import default_folder
    from harness.cli.computing import Wanted, run_once, run_variants
    from harness.errors import UsageError
    from harness.planning.benchmark import load_benchmark
    from harness.planning.computing import Computing
    from harness.planning.selecting import Request
    from harness.planning.variants import variants
    from harness.registry import registry
    from harness.running.build import pick_device
    from harness.running.compiling import require_compiler
    from harness.running.flow_cache import open_flow_cache
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
    names = split_list(save_frames) if save_frames else []
    wanted = Wanted(console, registry(), resume, dry_run, estimate, names, frames_codec, kept)
    folder = out or default_folder(request)
    several = variants(request.benchmark, registry())
    runs = run_variants(wanted, request, several, folder) if several else [run_once(wanted, request, folder)]
    done = [each for each in runs if each is not None]
    if kept and kept.problem:
        say(console, kept.problem)
    if not dry_run:
        good = all(each.ok and not (strict and each.outcome.skipped) for each in done)
        raise typer.Exit(0 if good else 1)
