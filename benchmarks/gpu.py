"""``make bench-gpu``: everything that is to be known of a GPU, one step after the other."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.errors import HarnessError, UsageError

EXAMPLES = """
Examples:

  python -m harness_benchmarks.gpu                      tests, the benchmark and mini-2 on the GPU

  python -m harness_benchmarks.gpu --data ~/UCF-101     and the paper's protocol

  python -m harness_benchmarks.gpu --dry-run            only say what would be done
"""
PAPER, PAPER_METHODS = "ucf101-x4", "bicubic,duf16,tosr"
PAPER_FLOW = "tvl1:variant=cuda"
"""What dense_flow computed for the paper; `PAPER` has OpenCV's, which runs on processors alone."""
CARD = "CARD"
"""Stands for the card's name where there is none."""
OF_GPU = "gpu.json"
"""How every step ended, in a card's folder."""
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True)
class Step:
    """A command, and the folder of a run whose leaderboard is kept."""

    title: str
    command: Sequence[str]
    run: Path | None = None


@dataclass(frozen=True)
class Done:
    """How a step ended."""

    title: str
    command: str
    seconds: float
    status: int


@app.command(epilog=EXAMPLES)
def gpu(
    data: Annotated[Path | None, typer.Option(help="UCF101's folder, for the paper's protocol.")] = None,
    out: Annotated[Path, typer.Option(help="Where a folder of the card's name is made.")] = Path("reports/speed"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the commands and stop.")] = False,
) -> None:
    """Run the tests marked gpu, the speed benchmark, mini-2, and the paper's protocol on a CUDA device."""
    try:
        if data is not None and not data.is_dir():
            raise UsageError(f"--data {data}: there is no such folder")
        target = out / (CARD if dry_run else slug(card()))
        found = steps(data, target)
        if dry_run:
            for step in found:
                typer.echo(f"# {step.title}\n{shlex.join(step.command)}")
            return
        status = run_all(found, target, data)
    except HarnessError as error:
        typer.secho(f"error: {error}", fg=typer.colors.RED, err=True)
        raise typer.Exit(error.exit_code) from None
    raise typer.Exit(status)


def card() -> str:
    """The name of the CUDA device. Raises `HarnessError` if there is none."""
    import torch

    if not torch.cuda.is_available():
        built = f"CUDA {torch.version.cuda}" if torch.version.cuda else "processors alone"
        raise HarnessError(
            f"this needs a CUDA device, and torch {torch.__version__}, which was built for {built}, finds none here; "
            "run it on a machine with one (--dry-run shows the commands)"
        )
    return torch.cuda.get_device_name()


def slug(name: str) -> str:
    """A card's name as a folder's."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def steps(data: Path | None, target: Path) -> list[Step]:
    """What is done, in order; runs are kept in ``runs/gpu`` and resume if they were interrupted."""
    script = str(Path(sys.executable).with_name("harness"))
    harness = [script, "run", "--device", "cuda", "--recognizer", "tsn"]
    mini = Path("runs/gpu/mini-2")
    found = [
        Step("the tests marked gpu", [sys.executable, "-m", "pytest", "-m", "gpu", "-q"]),
        Step(
            "the speed benchmark",
            [sys.executable, "-m", "harness_benchmarks.speed", "--device", "cuda", "--out", str(target)],
        ),
        Step("mini-2", [*harness, "--benchmark", "mini-2", "--sr", "all", "--out", str(mini)], mini),
    ]
    if data is not None:
        paper = Path("runs/gpu/paper")
        command = ["--benchmark", str(_paper_file(target)), "--data", str(data), "--sr", PAPER_METHODS]
        found.append(Step("the paper's protocol", [*harness, *command, "--out", str(paper)], paper))
    return found


def run_all(found: Sequence[Step], target: Path, data: Path | None) -> int:
    """Run every step, also after one that failed, and write down how each ended; 1 if one failed."""
    target.mkdir(parents=True, exist_ok=True)
    if data is not None:
        _write_paper(_paper_file(target))
    done: list[Done] = []
    for number, step in enumerate(found, 1):
        typer.echo(f"step {number} of {len(found)}: {step.title}\n{shlex.join(step.command)}")
        start = time.perf_counter()
        status = subprocess.run(step.command).returncode
        done.append(Done(step.title, shlex.join(step.command), time.perf_counter() - start, status))
        _keep_leaderboard(step, target)
        facts = {"card": card(), "steps": [asdict(each) for each in done]}
        (target / OF_GPU).write_text(json.dumps(facts, indent=1) + "\n")
    for each in done:
        typer.echo(f"{each.title}: {each.seconds:.0f} s, exit status {each.status}")
    typer.echo(f"wrote {target}")
    return int(any(each.status for each in done))


def _keep_leaderboard(step: Step, target: Path) -> None:
    if step.run is not None and (step.run / "leaderboard.md").is_file():
        text = (step.run / "leaderboard.md").read_text(encoding="utf-8")
        (target / f"{step.run.name}-leaderboard.md").write_text(text, encoding="utf-8")


def _paper_file(target: Path) -> Path:
    return target / "paper.yaml"


def _write_paper(path: Path) -> None:
    """The paper's benchmark with its flow on the device."""
    import yaml

    from harness.planning.benchmark import load_benchmark

    changes: dict[str, Any] = {"flow": PAPER_FLOW, "name": f"{PAPER}-gpu"}
    benchmark = load_benchmark(PAPER).model_copy(update=changes)
    path.write_text(yaml.safe_dump(benchmark.model_dump(mode="json", exclude_defaults=True), sort_keys=False))


if __name__ == "__main__":
    app()
