"""`harness strips`: frames of a clip as every method restores them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import Device, PluginFiles

EXAMPLES = """
Examples:

  harness strips runs/mini-2 walk_test_0007       every method, one frame

  harness strips runs/mini-2 walk_test_0007 --methods bicubic,sosr,hr --frames 3 --zoom 3 --out walk.png

Clips are restored again, with the weights and the data of the run.
"""


def strips(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Folder that `harness run` wrote.")],
    clip: Annotated[str, typer.Argument(metavar="CLIP", help="Id of a clip of the run.")],
    methods: Annotated[str, typer.Option(help="Methods of the run as a comma list; default all.")] = "",
    frames: Annotated[int, typer.Option(min=1, max=64, help="Frames from the clip's middle, below each other.")] = 1,
    zoom: Annotated[int, typer.Option(min=1, max=16, help="How many times pixels are repeated.")] = 2,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="PNG to write; default CLIP.png.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the data set, if it is not embedded.")] = None,
    device: Device = "auto",
    plugin: PluginFiles = None,
) -> None:
    """Write a picture of a clip as every method restores it, side by side with names above."""
    from harness.errors import UsageError
    from harness.registry import registry
    from harness.running.again import open_again
    from harness.running.build import pick_device
    from harness.running.pictures import save_strips
    from harness.running.reading import load_run
    from harness.syntax import split_list
    from harness.terminal import console, say

    place = out or Path(f"{clip.replace('/', '-')}.png")
    if place.suffix != ".png" or not place.parent.is_dir():
        raise UsageError(f"--out {place}: write a name that ends in .png, in a folder that exists")
    again = open_again(load_run(run_dir), registry(), data, pick_device(device))
    found = again.restore(clip, split_list(methods) if methods else list(again.parts), frames)
    save_strips(place, {"LR": list(found.lr), **{name: list(own) for name, own in found.sr.items()}}, zoom=zoom)
    for method, why in again.left_out.items():
        say(console(stderr=True), f"{method} is left out: {why}", style="yellow")
    say(console(), f"wrote {place}: {len(found.sr)} methods, frames {found.first} to {found.first + len(found.lr) - 1}")
