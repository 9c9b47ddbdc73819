"""``make bench-workers``: what workers gain and cost, how long a large plan takes, and what one driver can take."""

from __future__ import annotations

import json
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness_benchmarks.bench import Bench, Section
    from harness_benchmarks.measuring import Say

EXAMPLES = """
Examples:

  python -m harness_benchmarks.workers                     all, with Ray if it is installed

  python -m harness_benchmarks.workers --clips 6 --rounds 1

  python -m harness_benchmarks.workers --out FOLDER        also workers.json and workers.md, written into FOLDER

  python -m harness_benchmarks.workers --quick             little of everything: to see that it works
"""
FILES = NUMBERS, PAGE = "workers.json", "workers.md"
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(epilog=EXAMPLES)
def workers(
    clips: Annotated[int, typer.Option(min=2, help="Clips of mini-2 for the speed-up, class-balanced.")] = 16,
    rounds: Annotated[int, typer.Option(min=1, help="Times that each is timed; the median counts.")] = 2,
    sr: Annotated[str, typer.Option(help="SR methods.")] = "bicubic,srresnet,rcan",
    out: Annotated[Path | None, typer.Option(help="Folder for workers.json and workers.md.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Little of everything; the numbers mean little.")] = False,
) -> None:
    """Time one worker and two, the guard, a large plan, and a driver with simulated workers."""
    from harness_benchmarks.speed import progress, show
    from rich.console import Console

    os.environ["OMP_NUM_THREADS"] = "1"  # the workers' as well
    console, start, sections = Console(), time.perf_counter(), []
    try:
        with tempfile.TemporaryDirectory(prefix="harness-bench-") as folder, progress(console) as say:
            bench = _bench(Path(folder), say)
            for section in _quick(bench) if quick else _sections(bench, sr, clips, rounds):
                sections.append(section)
                show(console, section)
        if out is not None:
            _write(out, sections, bench.load, time.perf_counter() - start)
            console.print(f"wrote {' and '.join(FILES)} to {out}", highlight=False)
    except HarnessError as error:
        typer.secho(f"error: {error}", fg=typer.colors.RED, err=True)
        raise typer.Exit(error.exit_code) from None


def _bench(folder: Path, say: Say) -> Bench:
    say("loading libraries")
    import torch
    from harness_benchmarks.bench import Bench, Sizes

    from harness.planning.benchmark import load_benchmark
    from harness.registry import registry
    from harness.specs import DEFAULT_BENCHMARK

    torch.set_num_threads(1)
    return Bench(registry(), load_benchmark(DEFAULT_BENCHMARK), "cpu", Sizes(), folder, say)


def _sections(bench: Bench, sr: str, clips: int, rounds: int) -> Iterator[Section]:
    from harness_benchmarks import crowd, planned, speedup

    yield speedup.measure(bench, sr, clips, rounds)
    yield planned.measure(bench)
    yield crowd.measure(bench)


def _quick(bench: Bench) -> Iterator[Section]:
    from harness_benchmarks import crowd, planned, speedup

    yield speedup.measure(bench, "bicubic", clips=2, rounds=1)
    yield planned.measure(bench, clips=24, methods=2)
    yield crowd.measure(bench, clips=200, paces=())


def _write(out: Path, sections: Sequence[Section], load: float, seconds: float) -> None:
    import torch
    from harness_benchmarks import machine, report

    out.mkdir(parents=True, exist_ok=True)
    command = shlex.join(["python", "-m", "harness_benchmarks.workers", *sys.argv[1:]])
    where = machine.describe(torch.device("cpu"))
    facts = {"command": command, "seconds": seconds, "machine": where, "load_before": load}
    found = {section.key: section.facts for section in sections}
    (out / NUMBERS).write_text(json.dumps({**facts, **found}, indent=1) + "\n")
    head = (
        f"Written by `{command}` (`make bench-workers`) in {seconds:.0f} s on {report.where(where)}. In the minute "
        f"before, {load:.1f} programs wanted a core on average. All numbers: [{NUMBERS}]({NUMBERS})."
    )
    (out / PAGE).write_text("\n\n".join(["# Workers", head, *report.body(sections)]) + "\n")


if __name__ == "__main__":
    app()
