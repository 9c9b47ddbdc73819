"""`harness train`: train an SR method or a recogniser on a benchmark's training split."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import Device, PluginFiles

if TYPE_CHECKING:
    from harness.contracts import Trainer

EXAMPLES = """
Examples:

  harness train vdsr --benchmark mini       through BasicSR

  harness train tsn --device cuda           through mmengine, on HR clips

  harness train rcan --iters 200 --out try  a short try

  harness train rcan --resume               go on from the last saved state
"""


def train(
    name: Annotated[str, typer.Argument(metavar="METHOD|RECOGNIZER", help="An SR method or a recogniser.")],
    benchmark: Annotated[str, typer.Option(help="Its training split is the data.")] = "mini",
    out: Annotated[Path | None, typer.Option(help="Folder; default runs/train/BENCHMARK-NAME.")] = None,
    iters: Annotated[int | None, typer.Option(min=1, help="Iterations, where not those of the recipe.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last saved state in the folder.")] = False,
    device: Device = "auto",
    plugin: PluginFiles = None,
) -> None:
    """Train on a benchmark's training split; writes weights and their data card."""
    from harness.benchmark import load_benchmark
    from harness.errors import UsageError

    trainer = find_trainer(name)
    folder = out or Path("runs") / "train" / f"{load_benchmark(benchmark).name}-{name}"
    if not resume and folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"{folder} holds an earlier training; give --resume to go on with it, or another --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}; give another --out") from error
    trainer(name, benchmark, out=folder, iters=iters, resume=resume, device=device)
    typer.echo(f"trained {name}: {folder}")


def find_trainer(name: str) -> Trainer:
    """The trainer of the method or recogniser of this name.

    Raises `UnknownNameError` for a name that is neither, `UsageError` for one that is not trained.
    """
    from harness.cli.lookup import NETWORKS, declared
    from harness.errors import UsageError
    from harness.registry import registry, resolve_import

    targets = [spec.trainer for spec in declared(registry(), name, NETWORKS) if spec.trainer]
    if not targets:
        others = sorted(known for kind in NETWORKS for known, spec in registry().all(kind).items() if spec.trainer)
        raise UsageError(f"{name!r} has no trainer; these have one: {', '.join(others)}")
    trainer: Trainer = resolve_import(targets[0])
    return trainer
