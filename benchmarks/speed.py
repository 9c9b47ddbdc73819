"""``make bench``: how long things take here and in the usual way, as ratios from one run."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import DEVICE_HELP, refuse_absent_device
from harness.errors import HarnessError, UsageError

if TYPE_CHECKING:
    from harness_benchmarks.bench import Bench, Section
    from harness_benchmarks.measuring import Say
    from rich.console import Console

EXAMPLES = """
Examples:

  python -m harness_benchmarks.speed                    three methods, 12 clips, and everything else

  python -m harness_benchmarks.speed --clips 4 --sr bicubic --threads 2

  python -m harness_benchmarks.speed --out FOLDER       also bench.json, bench.png and README.md, written into FOLDER

  python -m harness_benchmarks.speed --quick            small made clips: to see that it works
"""
LINE_EVERY_SECONDS = 2.0
QUICK_CLIPS, QUICK_FRAMES, QUICK_SIZE = 3, 8, (48, 64)
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(epilog=EXAMPLES)
def speed(
    clips: Annotated[int, typer.Option(min=1, help="Clips to time against files, class-balanced.")] = 12,
    sr: Annotated[str, typer.Option(help="SR methods: bicubic, or networks on RGB frames.")] = "bicubic,srresnet,rcan",
    threads: Annotated[int, typer.Option(min=1, help="Threads of all; 1 compares the work itself.")] = 1,
    device: Annotated[str, typer.Option(help=DEVICE_HELP)] = "cpu",
    out: Annotated[Path | None, typer.Option(help="Folder for bench.json, bench.png and README.md.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Small made clips; the numbers mean little.")] = False,
) -> None:
    """Time the benchmark's pipeline against image files between the stages, bf16, other implementations, and growth."""
    from rich.console import Console

    console = Console()
    try:
        refuse_absent_device(device)
        if out is not None and out.exists() and not out.is_dir():
            raise UsageError(f"--out {out}: this is a file; name a folder")
        with tempfile.TemporaryDirectory(prefix="harness-bench-") as folder, progress(console) as say:
            same = _speed(console, _bench(Path(folder), threads, device, quick, say), sr, clips, out)
    except HarnessError as error:
        typer.secho(f"error: {error}", fg=typer.colors.RED, err=True)
        raise typer.Exit(error.exit_code) from None
    raise typer.Exit(0 if same else 1)


def _bench(folder: Path, threads: int, device: str, quick: bool, say: Say) -> Bench:
    say("loading libraries")
    import torch
    from harness_benchmarks.bench import SMALL, Bench, Sizes, with_segments
    from harness_benchmarks.footage import write_data

    from harness.planning.benchmark import load_benchmark
    from harness.registry import registry
    from harness.specs import DEFAULT_BENCHMARK

    torch.set_num_threads(threads)
    benchmark = load_benchmark(DEFAULT_BENCHMARK)
    if not quick:
        return Bench(registry(), benchmark, device, Sizes(), folder, say)
    made = {f"clip-{number}": QUICK_FRAMES for number in range(QUICK_CLIPS)}
    data = write_data(folder / "clips", made, *QUICK_SIZE)
    return Bench(registry(), with_segments(benchmark, SMALL.segments), device, SMALL, folder, say, data)


def _speed(console: Console, bench: Bench, sr: str, clips: int, out: Path | None) -> bool:
    """Returns whether the pipelines that are compared restored the same frames."""
    from harness_benchmarks import report
    from harness_benchmarks.agreement import TOLERANCE_DB, same_pictures

    start = time.perf_counter()
    sections = []
    for section in _sections(bench, sr, clips):
        sections.append(section)
        show(console, section)
    seconds = time.perf_counter() - start
    console.print(f"took {seconds:.0f} s", highlight=False)
    if out is not None:
        report.write(out, sections, bench, seconds, ["python", "-m", "harness_benchmarks.speed", *sys.argv[1:]])
        console.print(f"wrote {', '.join(report.FILES)} to {out}", highlight=False)
    same = all(same_pictures(section.result.differences) for section in sections if section.result)
    if not same:
        console.print(f"[red]PSNR differs by more than {TOLERANCE_DB} dB: the two did not do the same work.[/red]")
    return same


def _sections(bench: Bench, sr: str, clips: int) -> Iterator[Section]:
    from harness_benchmarks import flowpairs, growth, half, longclip, pictures, second, whole

    yield whole.measure(bench, sr, clips)
    for module in (longclip, half, flowpairs, pictures, second, growth):
        yield module.measure(bench)


def show(console: Console, section: Section) -> None:
    """Print the tables and lines of a section."""
    for grid in section.grids:
        console.print(grid.for_terminal())
    for line in section.lines:
        console.print(line, highlight=False, markup=False)
    console.print()


@contextmanager
def progress(console: Console) -> Iterator[Say]:
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
