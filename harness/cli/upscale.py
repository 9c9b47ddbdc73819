"""`harness upscale`: one video through one SR method."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import Device, PluginFiles
from harness.specs import DEFAULT_BENCHMARK

EXAMPLES = """
Examples:

  harness upscale clip.mp4 --sr tosr         writes clip-tosr-x4.mp4 next to it

  harness upscale clip.mp4 --sr bicubic --out big.mp4

  harness upscale clip.mp4 --sr esrgan --scale 4 --out big.mkv

  harness upscale clip.mp4 --sr vdsr:checkpoint=my.pth --out big.mp4

Files in .mkv or .mov can hold kinds of sound that .mp4 cannot.
"""
CONTAINERS = (".mp4", ".mkv", ".mov")
"""Containers that are written as they were read; Matroska can hold the sound of all others."""


def upscale(
    video: Annotated[Path, typer.Argument(help="Any video file that libav can read.")],
    sr: Annotated[str, typer.Option(help="SR method: NAME or NAME:option=value.")],
    out: Annotated[
        Path | None,
        typer.Option(help="File to write; its suffix (.mp4, .mkv) sets the container. Default: NAME-METHOD-xSCALE."),
    ] = None,
    scale: Annotated[int, typer.Option(min=1, help="Scale factor.")] = 4,
    weights_tag: Annotated[str, typer.Option(help="Which of the method's weights.")] = DEFAULT_BENCHMARK,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    device: Device = "auto",
    plugin: PluginFiles = None,
) -> None:
    """Restore every frame of a video; time stamps are kept and the sound is copied."""
    out = out or default_target(video, sr, scale)
    refuse_overwriting(video, out, force)

    from harness.bars import counting_bar
    from harness.registry import registry
    from harness.running.build import pick_device
    from harness.upscale import load_method, upscale_video

    picked = pick_device(device)
    method = load_method(sr, registry(), scale=scale, tag=weights_tag, device=picked)
    with counting_bar(f"{sr} x{scale}", "frames") as progress:
        frames = upscale_video(video, out, method, scale=scale, device=picked, progress=progress)
    typer.echo(f"wrote {out}: {frames} frames")


def default_target(video: Path, sr: str, scale: int) -> Path:
    """Next to the video, under its name with method and scale, in a container that can hold its kind of sound."""
    method = sr.partition(":")[0]
    suffix = video.suffix if video.suffix.lower() in CONTAINERS else ".mkv"
    return video.with_name(f"{video.stem}-{method}-x{scale}{suffix}")


def refuse_overwriting(video: Path, out: Path, force: bool) -> None:
    """Raise `UsageError` if `out` is the source, exists without ``--force``, or its folder does not exist."""
    from harness.errors import UsageError

    if not out.parent.is_dir():
        raise UsageError(f"--out {out}: there is no folder {out.parent}")
    if out.exists() and video.exists() and out.samefile(video):
        raise UsageError(f"--out {out} is the video itself; give another name")
    if out.exists() and not force:
        raise UsageError(f"--out {out} exists; give another name, or --force to replace it")
