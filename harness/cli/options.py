"""Options shared by several verbs, so that they have the same name and help everywhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from harness.errors import UnknownNameError, UsageError
from harness.planning.computing import PRECISIONS
from harness.registry import registry

DEVICE_HELP = "auto (CUDA if available), cpu, cuda, cuda:1."
DEVICES = re.compile(r"auto|cpu|cuda(?::(?P<number>\d{1,3}))?")


def load_plugin_files(context: typer.Context, files: list[Path] | None) -> list[Path] | None:
    """Add ``--plugin`` files to the registry while the command line is parsed. Raises `PluginError`."""
    if not context.resilient_parsing:  # shell completion must not run plugins
        for file in files or ():
            registry().load_file(file)
    return files


def check_device(context: typer.Context, name: str) -> str:
    """``--device`` as it was given, checked before any work. Raises `UsageError` for what is not here."""
    if not context.resilient_parsing:
        refuse_absent_device(name)
    return name


def check_precision(context: typer.Context, name: str) -> str:
    """``--precision`` as it was given. Raises `UnknownNameError`."""
    if not context.resilient_parsing and name not in PRECISIONS:
        raise UnknownNameError("--precision", name, PRECISIONS)
    return name


def refuse_absent_device(name: str) -> None:
    """Raise `UsageError` unless `name` is a device of this machine."""
    asked = DEVICES.fullmatch(name)
    if asked is None:
        raise UsageError(f"--device {name}: no such device; write one of {DEVICE_HELP}")
    if not name.startswith("cuda"):
        return
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if not count:
        raise UsageError(f"--device {name}: PyTorch finds no CUDA device here (see harness doctor); use cpu or auto")
    if int(asked["number"] or 0) >= count:
        here = ", ".join(f"cuda:{number}" for number in range(count))
        raise UsageError(f"--device {name}: there is no such device here; there is {here}")


PluginFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--plugin",
        metavar="PATH",
        help="A plugin file to load in addition to the installed plugins. May be given several times.",
        callback=load_plugin_files,
    ),
]
Precision = Annotated[
    str,
    typer.Option(
        help=f"Of SR networks and recognisers: {', '.join(PRECISIONS)}. auto is what a network declares as safe, on "
        "CUDA; fp32 otherwise.",
        callback=check_precision,
    ),
]
Tile = Annotated[
    int | None,
    typer.Option(
        min=16,
        help="SR networks restore frames in tiles of N LR pixels a side, with an overlap: less memory, more time. "
        "Without it they do so only after memory ran out.",
    ),
]
Compile = Annotated[
    bool,
    typer.Option(
        "--compile",
        help="Compile SR networks and recognisers with torch.compile, which needs a compiler such as g++: slow at "
        "first, then faster. Numbers stay the same but for rounding; in half precision they are results of their own.",
    ),
]
Device = Annotated[str, typer.Option(help=DEVICE_HELP, callback=check_device)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
