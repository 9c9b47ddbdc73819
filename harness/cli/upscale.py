"""`harness upscale`: one video through one SR method, or through several side by side."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli.options import Compile, Device, PluginFiles, Tile
from harness.errors import UsageError
from harness.syntax import parse_method
from harness.video.encoding import CONTAINERS, Encoding

EXAMPLES = """
Examples:

  harness upscale clip.mp4 --sr tosr         writes clip-tosr-x4.mp4 next to it

  harness upscale clip.mp4 --sr bicubic --out big.mp4

  harness upscale clip.mp4 --sr esrgan --scale 4 --out big.mkv

  harness upscale clip.mp4 --sr vdsr:checkpoint=my.pth --out big.mp4

  harness upscale clip.mp4 --compare bicubic,esrgan,tosr --out beside.mp4

A video from a phone, filmed upright or mirrored, comes out as it is shown, with its sound:

  harness upscale IMG_0042.MOV --sr bicubic --scale 2

HDR (PQ or HLG, 10 bits) stays HDR, as H.265 of 10 bits; --codec h264 or av1 writes 10 bits as well:

  harness upscale hdr.mov --sr bicubic --scale 2 --codec av1 --quality 20 --out hdr.mp4

  harness upscale clip.mp4 --sr bicubic --codec lossless --out big.mkv

Curve, primaries, range and mastering display are handed on, the moving data of HDR10+ and Dolby Vision are not.

Files in .mkv or .mov can hold kinds of sound that .mp4 cannot.
"""


def upscale(
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="Any video file that libav can read.")],
    sr: Annotated[str | None, typer.Option(help="SR method: NAME or NAME:option=value.")] = None,
    compare: Annotated[
        str | None, typer.Option(metavar="A,B", help="Several methods instead: side by side, with their names above.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help=f"File to write; its kind is its suffix: {', '.join(CONTAINERS)}. Default: NAME-METHOD-xSCALE."
        ),
    ] = None,
    scale: Annotated[int, typer.Option(min=1, help="Scale factor.")] = 4,
    codec: Annotated[
        str | None,
        typer.Option(
            help="h264, h265, av1, or lossless (RGB, bit by bit: H.264 at 8 bits, H.265 at 10). "
            "Default: h264, of HDR and other videos of more than 8 bits h265; av1 in .webm."
        ),
    ] = None,
    quality: Annotated[
        int | None,
        typer.Option(
            help="Constant rate factor; lower is better and larger. For h264 and h265 0 to 51 (default 12), "
            "for av1 0 to 63 (default 18)."
        ),
    ] = None,
    weights_tag: Annotated[
        str | None, typer.Option(help="Tag of the method's weights; default the first that are installed.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    device: Device = "auto",
    tile: Tile = None,
    compiled: Compile = False,
    plugin: PluginFiles = None,
) -> None:
    """Restore every frame of a video; time stamps are kept and the sound is copied."""
    names = methods_of(sr, compare)
    out = out or default_target(video, names, scale, codec)
    encoding = Encoding(codec, quality)
    encoding.check(out)
    refuse_overwriting(video, out, force)

    from harness.bars import counting_bar
    from harness.registry import registry
    from harness.running.build import pick_device
    from harness.running.compiling import require_compiler
    from harness.terminal import console, say
    from harness.upscale import compare_videos, load_method, method_for, readable, upscale_video

    readable(video)
    notes: list[str] = []
    picked = pick_device(device)
    if compiled:
        require_compiler(picked)
    methods = {}
    for name in names:
        part = method_for(name, registry(), scale=scale, tag=weights_tag)
        for weights in filter(None, (step.weights for step in part.steps)):
            say(console(stderr=True), f"{name}: weights {weights.tag}, trained on {weights.trained_on}")
        methods[name] = load_method(part, scale=scale, device=picked, tile=tile, compiled=compiled)
    with counting_bar(f"{', '.join(names)} x{scale}", "frames") as progress:
        how: dict[str, Any] = {
            "scale": scale, "device": picked, "encoding": encoding, "progress": progress, "note": notes.append
        }  # fmt: skip
        if compare is None:
            frames = upscale_video(video, out, methods[names[0]], **how)
        else:
            frames = compare_videos(video, out, methods, **how)
    for note in notes:
        say(console(stderr=True), note, style="yellow")
    say(console(), f"wrote {out}: {frames} frames")


def methods_of(sr: str | None, compare: str | None) -> list[str]:
    """The methods asked for. Raises `UsageError` unless it is one by ``--sr``, or two or more by ``--compare``."""
    from harness.syntax import split_list

    if (sr is None) == (compare is None):
        raise UsageError("name one method with --sr, or several with --compare A,B")
    if compare is None:
        return [str(sr)]
    names = list(dict.fromkeys(split_list(compare)))
    if len(names) < 2 or any("+" in name for name in names):
        raise UsageError(f"--compare {compare}: name two different methods or more, such as A,B")
    return names


def default_target(video: Path, names: Sequence[str], scale: int, codec: str | None = None) -> Path:
    """Next to the video, under its name with methods and scale, in its own container if that can hold the codec."""
    method = "-".join(step.name for name in names for step in parse_method(name).steps)
    own = CONTAINERS.get(video.suffix.lower())
    suffix = video.suffix if own and (codec or own.usual) in own.codecs else ".mkv"
    return video.with_name(f"{video.stem}-{method}-x{scale}{suffix}")


def refuse_overwriting(video: Path, out: Path, force: bool) -> None:
    """Raise `UsageError` if `out` is the source, exists without ``--force``, or cannot become a file where it is."""
    if not out.parent.is_dir():
        raise UsageError(f"--out {out}: there is no folder {out.parent}")
    try:
        kind = out.stat().st_mode
    except FileNotFoundError:
        if not os.access(out.parent, os.W_OK):
            raise UsageError(f"--out {out}: the folder {out.parent} cannot be written to") from None
        return
    except OSError as error:
        raise UsageError(f"--out {out}: cannot be written: {error.strerror}; give another name") from error
    if not stat.S_ISREG(kind):
        raise UsageError(f"--out {out} is not a file that can be replaced; give another name")
    if video.exists() and out.samefile(video):
        raise UsageError(f"--out {out} is the video itself; give another name")
    if not force:
        raise UsageError(f"--out {out} exists; give another name, or --force to replace it")
