"""`harness study`: questions that take several trainings or runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.help import Group
from harness.cli.options import Device
from harness.specs import DEFAULT_BENCHMARK

if TYPE_CHECKING:
    from harness.api import Done
    from harness.studies.mixing import MixStudy
    from harness.studies.tradeoff import TradeoffStudy

EXAMPLES = """
Examples:

  harness study mix --dry-run                          what would be trained and run

  harness study mix --sr bicubic,span --restore span   five recognisers, some of whose clips span restores

  harness study tradeoff --method tosr --beta 0,.1,.4,1.6

  harness study robustness --degradation h264 --sr bicubic,span --limit 48

The same command again continues where it stopped.
"""
app = typer.Typer(
    cls=Group, name="study", help="Answer a question by several trainings or runs.", no_args_is_help=True,
    epilog=EXAMPLES,
)  # fmt: skip
BenchmarkName = Annotated[str, typer.Option(help="Name of a shipped benchmark, or a .yaml file.")]
Sr = Annotated[str, typer.Option(help="SR methods, as for harness run.")]
Out = Annotated[Path | None, typer.Option(help="Folder; default runs/study/NAME-BENCHMARK.")]
Data = Annotated[Path | None, typer.Option(help="Folder of the data set, if it is not embedded.")]
Recipe = Annotated[str | None, typer.Option(metavar="NAME|FILE", help="Recipe, as for harness train.")]
Iters = Annotated[int | None, typer.Option(min=1, help="Iterations of each training, if not the recipe's.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Score only N clips, class-balanced and seeded.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be done, and stop.")]


@app.command(epilog=EXAMPLES)
def mix(
    benchmark: BenchmarkName = DEFAULT_BENCHMARK,
    recognizer: Annotated[str | None, typer.Option(help="What is trained; default the benchmark's first.")] = None,
    sr: Sr = "all",
    restore: Annotated[str, typer.Option(metavar="METHOD", help="What restores LR clips; default the floor.")] = "",
    recipe: Recipe = None,
    iters: Iters = None,
    limit: Limit = None,
    data: Data = None,
    out: Out = None,
    device: Device = "auto",
    dry_run: DryRun = False,
) -> None:
    """Train five recognisers on HR and LR clips, from 4:0 to 0:4, and show each what every SR method restores."""
    from harness.planning.benchmark import load_benchmark
    from harness.studies.mixing import MixStudy

    loaded = load_benchmark(benchmark)
    name = recognizer or next(iter(loaded.recognizers), "")
    folder = out or Path("runs") / "study" / f"mix-{loaded.name}"
    _do(MixStudy(benchmark, name, folder, sr, restore, recipe, iters, limit, data, device), "HR:LR", dry_run)


@app.command(epilog=EXAMPLES)
def tradeoff(
    method: Annotated[str, typer.Option(help="An SR method whose loss has a warping term.")],
    beta: Annotated[str, typer.Option(help="Weights of the warping error: a comma list.")] = "0,.05,.1,.2,.4,.8,1.6",
    benchmark: BenchmarkName = DEFAULT_BENCHMARK,
    recognizer: Annotated[str, typer.Option(help="Recognisers, as for harness run.")] = "all",
    recipe: Recipe = None,
    arch: Annotated[str | None, typer.Option(metavar="NAME", help="Network, as for harness train.")] = None,
    init: Annotated[str | None, typer.Option(metavar="TAG|FILE", help="Weights to start from.")] = None,
    iters: Iters = None,
    limit: Limit = None,
    data: Data = None,
    out: Out = None,
    device: Device = "auto",
    dry_run: DryRun = False,
) -> None:
    """Train a method with more and more weight on its warping error, and score quality, consistency and accuracy."""
    from harness.planning.benchmark import load_benchmark
    from harness.studies.tradeoff import TradeoffStudy

    folder = out or Path("runs") / "study" / f"tradeoff-{method}-{load_benchmark(benchmark).name}"
    asked = (benchmark, method, _numbers(beta), folder, recognizer, recipe, arch, init, iters, limit, data, device)
    _do(TradeoffStudy(*asked), "beta", dry_run)


@app.command(epilog=EXAMPLES)
def robustness(
    degradation: Annotated[str, typer.Option(help="Degradations that have severities: all, or a comma list.")] = "all",
    benchmark: BenchmarkName = DEFAULT_BENCHMARK,
    sr: Sr = "all",
    recognizer: Annotated[str, typer.Option(help="Recognisers, as for harness run.")] = "all",
    limit: Limit = None,
    data: Data = None,
    out: Out = None,
    device: Device = "auto",
    dry_run: DryRun = False,
) -> None:
    """Run the grid at every severity of a degradation: accuracy by severity, its mean, and its share of HR's."""
    from harness.cli.computing import Wanted, run_variants
    from harness.planning.benchmark import load_benchmark
    from harness.planning.selecting import Request
    from harness.planning.variants import variants
    from harness.registry import registry
    from harness.studies.robustness import by_severity, names_of
    from harness.syntax import split_list
    from harness.terminal import console
    from harness.video.encoding import LOSSLESS

    known, loaded = registry(), load_benchmark(benchmark)
    wanted = Wanted(console(), known, True, dry_run, False, [], LOSSLESS, None)
    folder = out or Path("runs") / "study" / f"robustness-{loaded.name}"
    done: list[Done | None] = []
    for name in names_of(split_list(degradation), known):
        one = by_severity(loaded, name, known)
        request = Request(one, sr, recognizer, limit, data, device)
        done += run_variants(wanted, request, variants(one, known), folder / name)
    if not dry_run:
        raise typer.Exit(0 if all(each is not None and each.ok for each in done) else 1)


def _numbers(text: str) -> list[float]:
    from harness.errors import UsageError

    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = []
    if not found or any(not 0 <= value < float("inf") for value in found) or len(set(found)) < len(found):
        raise UsageError(f"--beta {text}: write different numbers, 0 or more, with commas between, such as 0,.1,.8")
    return found


def _do(study: MixStudy | TradeoffStudy, what: str, dry_run: bool) -> None:
    from harness.cli.progress import listener_for
    from harness.leaderboard.console import render
    from harness.registry import registry
    from harness.terminal import console, say

    screen, known = console(), registry()
    missing: list[Any] = list(study.missing(known))
    words = ", ".join(":".join(map(str, each)) if isinstance(each, tuple) else f"{each:g}" for each in missing)
    say(screen, f"to train, by {what}: {words or 'nothing, all is there'}")
    say(screen, f"then one run, into {study.out / 'run'}")
    if dry_run:
        return
    study.train(known)
    done = study.run(known, lambda todo: listener_for(screen, todo))
    screen.print(render(done.board), crop=False)
    for file in study.write(done.board):
        say(screen, f"wrote {file}")
    raise typer.Exit(0 if done.ok else 1)
