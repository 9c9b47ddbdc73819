"""``make bench``: how long a clip takes and where, here and in a pipeline that writes images between its stages."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.errors import HarnessError, UsageError

if TYPE_CHECKING:
    from harness_benchmarks.comparison import Result
    from harness_benchmarks.measuring import Say
    from rich.console import Console

EXAMPLES = """
Examples:

  python -m harness_benchmarks.speed                    three methods, 12 clips

  python -m harness_benchmarks.speed --clips 4 --sr bicubic --threads 2

  python -m harness_benchmarks.speed --out bench.json   the numbers also as JSON
"""
LINE_EVERY_SECONDS = 2.0
NOTES = (
    "Everything on the CPU, in one process, the same clips and networks in turns, after a clip to warm up. Not timed: "
    "imports, loading networks, building MMAction2's Runners. From files: frames, LR and SR frames as PNG (BasicSR "
    "writes and restores them one by one), flow as JPEG, both streams through MMAction2's test loop.",
    "The temporal scores differ because of JPEG.",
)
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(epilog=EXAMPLES)
def speed(
    clips: Annotated[int, typer.Option(min=1, help="Clips to time, class-balanced.")] = 12,
    sr: Annotated[str, typer.Option(help="SR methods: bicubic, or networks on RGB frames.")] = "bicubic,srresnet,rcan",
    threads: Annotated[int, typer.Option(min=1, help="Threads of both; 1 compares the work itself.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Write the numbers to a JSON file.")] = None,
) -> None:
    """Time the benchmark's pipeline against one that writes images between the stages."""
    from rich.console import Console

    console = Console()
    try:
        if out is not None and not out.absolute().parent.is_dir():
            raise UsageError(f"--out {out}: there is no folder {out.absolute().parent}; make it first")
        same = _speed(console, clips, sr, threads, out)
    except HarnessError as error:
        typer.secho(f"error: {error}", fg=typer.colors.RED, err=True)
        raise typer.Exit(error.exit_code) from None
    raise typer.Exit(0 if same else 1)


def _speed(console: Console, clips: int, sr: str, threads: int, out: Path | None) -> bool:
    """Returns whether both pipelines restored the same frames."""
    with _progress(console) as say:
        say("loading libraries")
        import torch
        from harness_benchmarks.comparison import bench_request, compare, timeable

        from harness.planning.benchmark import load_benchmark
        from harness.planning.selecting import Request
        from harness.registry import registry
        from harness.specs import DEFAULT_BENCHMARK

        torch.set_num_threads(threads)
        request = bench_request(Request(load_benchmark(DEFAULT_BENCHMARK), sr), clips)
        work = timeable(request, registry())
        with tempfile.TemporaryDirectory(prefix="harness-bench-") as folder:
            result = compare(work, request, registry(), Path(folder), say)
    _show(console, result)
    if out is not None:
        out.write_text(json.dumps(result.as_json(), indent=1) + "\n")
        console.print(f"wrote {out}", highlight=False)
    from harness_benchmarks.agreement import same_pictures

    return same_pictures(result.differences)


def _show(console: Console, result: Result) -> None:
    from harness_benchmarks import tables
    from harness_benchmarks.agreement import TOLERANCE_DB, same_pictures

    console.print(tables.stages(result))
    console.print(tables.shares(result))
    a, b = result.streamed, result.files
    console.print(
        f"From files takes {b.wall / a.wall:.1f} times as long; {b.elsewhere / a.elsewhere:.1f} times as long outside "
        "networks and flow.",
        style="bold", highlight=False,
    )  # fmt: skip
    for line in [*tables.answers(result), *tables.left_out(result), *NOTES]:
        console.print(line, highlight=False)
    if not same_pictures(result.differences):
        console.print(f"[red]PSNR differs by more than {TOLERANCE_DB} dB: the two did not do the same work.[/red]")


@contextmanager
def _progress(console: Console) -> Iterator[Say]:
    """Shows what is going on: in place on a terminal, else as a line every few seconds."""
    last = -LINE_EVERY_SECONDS

    def line(text: str) -> None:
        nonlocal last
        if time.monotonic() - last >= LINE_EVERY_SECONDS:
            last = time.monotonic()
            console.print(text, highlight=False, markup=False)

    if not console.is_terminal:
        yield line
        return
    with console.status("") as status:
        yield status.update


if __name__ == "__main__":
    app()
