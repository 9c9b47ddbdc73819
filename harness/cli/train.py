"""`harness train`: train an SR method or a recogniser."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import completing
from harness.cli.options import Device, PluginFiles
from harness.specs import DEFAULT_BENCHMARK
from harness.terminal import tell

if TYPE_CHECKING:
    from harness.contracts import Trainer

EXAMPLES = """
Examples:

  harness train vdsr --benchmark mini-2          through BasicSR

  harness train sosr --data ~/CDVL --scale 4     on your own videos, published settings

  harness train sosr --benchmark ucf101-x4 --data ~/UCF101    on the training clips of split 1

  harness train tosr --benchmark mini-2 --arch vdsr   with another network

  harness train tosr --data ~/CDVL --arch basicvsr --init vimeo-bi   from published weights

  harness train sosr --benchmark mini-2 --recipe ablation/vdsr-wmse   another recipe

  harness train rcan --data ~/REDS --dry-run     what it would do

  harness train tsn --device cuda                a recogniser, through mmengine, on HR clips

  harness train tsn --mix 2:2 --restore span     half of the time on LR clips that span restores

  harness train tsn --benchmark my.yaml --recipe ucf101-x4-lite   with the recipe of another benchmark

  harness train srresnet --benchmark mini-2 --recipe std --teacher edsr:mini-2   taught by another network

  harness train rcan --iters 200 --out try       a short try

  harness train rcan --resume                    resume from the last saved state

  torchrun --nproc-per-node 4 --no-python harness train rcan    on four GPUs
"""
Name = Annotated[
    str,
    typer.Argument(
        metavar="METHOD|RECOGNIZER",
        help="An SR method or a recogniser.",
        autocompletion=completing.declared("SRMethodSpec", "RecognizerSpec"),
    ),
]


def train(
    name: Name,
    benchmark: Annotated[
        str | None,
        typer.Option(
            help=f"Its training split is the data; default {DEFAULT_BENCHMARK} without --data.",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="With --benchmark, the folder of its data set. Without, and for SR methods only: a folder of videos, "
            "or of folders of frames, all of which are trained on.",
        ),
    ] = None,
    scale: Annotated[int | None, typer.Option(min=1, help="Scale factor; default the benchmark's, or 4.")] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE",
            help="A file, or a name under training/ beside the benchmark's file or among those shipped, such as paper "
            "or ablation/vdsr-wmse; default training/BENCHMARK/NAME.yaml, or else the published one (paper).",
        ),
    ] = None,
    arch: Annotated[str | None, typer.Option(metavar="NAME", help="Network, for methods that take any.")] = None,
    init: Annotated[
        str | None,
        typer.Option(
            metavar="TAG|FILE",
            help="Weights to start from, for SR methods: a file, or a tag of the network's weights (harness weights "
            "list); default random ones.",
        ),
    ] = None,
    teacher: Annotated[
        str | None,
        typer.Option(
            metavar="METHOD:TAG|FILE",
            help="What to learn from, for recipes that distil, such as std; a recogniser takes a FILE.",
        ),
    ] = None,
    mix: Annotated[
        str | None,
        typer.Option(
            metavar="HR:LR",
            help="For recognisers: how often clips are shown in HR and how often as restored LR clips, such as 2:2.",
        ),
    ] = None,
    restore: Annotated[
        str, typer.Option(metavar="METHOD", help="With --mix: what restores LR clips; default the benchmark's floor.")
    ] = "",
    out: Annotated[Path | None, typer.Option(help="Folder; default runs/train/SOURCE-NAME.")] = None,
    iters: Annotated[
        int | None, typer.Option(min=1, help="Total iterations, if not the recipe's; schedules are scaled.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Resume from the last saved state in the folder.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be done, and stop.")] = False,
    device: Device = "auto",
    cache_size: Annotated[
        float,
        typer.Option(
            metavar="GB",
            min=0,
            help="Disk space for clips decoded once; those beyond it are decoded each time, which is slower.",
        ),
    ] = 20.0,
    plugin: PluginFiles = None,
) -> None:
    """Train on a benchmark's training split or on videos; writes weights, their data card and the loss curves."""
    from harness.contracts import TrainingRequest
    from harness.memory import keep

    if benchmark is None and data is None:
        benchmark = DEFAULT_BENCHMARK
    trainer = find_trainer(name)
    shares = _mix(name, mix, restore)
    folder = out or Path("runs") / "train" / _folder_name(name, benchmark, data, recipe, arch, mix, restore)
    request = TrainingRequest(
        name, benchmark, folder, iters, resume, device, data, scale, arch, recipe, dry_run, init, shares, restore,
        cache_size, teacher,
    )  # fmt: skip
    if dry_run:
        trainer(request)
        return
    _make(folder, resume)
    keep()
    trainer(request)
    if _leads():
        tell(f"trained {name}: {folder}")


def _mix(name: str, mix: str | None, restore: str) -> tuple[int, int] | None:
    """The two numbers of ``--mix``. Raises `UsageError` for anything else, and for an SR method."""
    from harness.errors import UsageError
    from harness.registry import registry
    from harness.specs import RecognizerSpec

    if (mix or restore) and name not in registry().all(RecognizerSpec):
        raise UsageError(f"--mix: {name} is an SR method, which learns from LR and HR frames anyway; leave it out")
    if mix is None:
        return None
    found = re.fullmatch(r"(\d{1,3}):(\d{1,3})", mix)
    if not found or not sum(map(int, found.groups())):
        raise UsageError(f"--mix {mix}: write how often HR and how often LR clips are shown, such as 2:2")
    return int(found[1]), int(found[2])


def _folder_name(
    name: str, benchmark: str | None, data: Path | None, recipe: str | None, arch: str | None, mix: str | None = None,
    restore: str = "",
) -> str:  # fmt: skip
    """A name for the training, so that different trainings get different folders."""
    from harness.planning.benchmark import load_benchmark

    source = data.resolve().name if data and not benchmark else load_benchmark(benchmark or DEFAULT_BENCHMARK).name
    mixed = [f"mix-{mix.replace(':', '-')}" if mix else None, re.sub(r"[^A-Za-z0-9.]+", "-", restore)]
    parts = [source, name, arch, Path(recipe).stem if recipe else None, *mixed]
    return "-".join(dict.fromkeys(filter(None, parts)))


def _make(folder: Path, resume: bool) -> None:
    """Raise `UsageError` if the folder is taken or cannot be made. Of several processes only the first one checks."""
    from harness.errors import UsageError

    if not _leads():
        return
    if not resume and folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"{folder} holds an earlier training; give --resume to continue it, or another --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}; give another --out") from error
    if not os.access(folder, os.W_OK):
        raise UsageError(f"cannot write to {folder}: no permission; give another --out")


def _leads() -> bool:
    """False in all but the first of the processes that torchrun starts."""
    return os.environ.get("RANK", "0") == "0"


def find_trainer(name: str) -> Trainer:
    """The trainer of the method or recogniser of this name.

    Raises `UnknownNameError` for a name that is neither, `UsageError` for one that is not trained.
    """
    from harness.cli.lookup import NETWORKS, declared
    from harness.errors import UsageError
    from harness.imports import resolve_import
    from harness.registry import registry

    targets = [spec.trainer for spec in declared(registry(), name, NETWORKS) if spec.trainer]
    if not targets:
        others = sorted(known for kind in NETWORKS for known, spec in registry().all(kind).items() if spec.trainer)
        raise UsageError(f"{name!r} has no trainer; these have one: {', '.join(others)}")
    trainer: Trainer = resolve_import(targets[0])
    return trainer
