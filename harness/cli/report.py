"""`harness report` and `harness view`: a run as a page for the browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import Device, PluginFiles

if TYPE_CHECKING:
    from harness.contracts import ClipFrames, Pictures
    from harness.running.reading import RunRecord

EXAMPLES = """
Examples:

  harness report runs/mini-2 --out page          open page/index.html

  harness report runs/a runs/b --out page        two runs of one protocol

  harness report runs/mini-2 --out page --clips 0  without pictures of clips

  harness report runs/mini-2 --out page --clips 12 --size 60

  harness view runs/mini-2                       writes runs/mini-2/page, opens it

Clips are restored again for the page, with the weights and the data of the run; where those are not here, the page says
so and has the rest.
"""
FRAMES = 16
"""Frames of a clip that are shown, from its middle."""
PAGE = "page"
"""The folder in a run's own where `harness view` writes."""
RunDirs = Annotated[
    list[Path], typer.Argument(metavar="RUN_DIR...", help="Folders that `harness run` wrote, of one protocol.")
]
Clips = Annotated[int, typer.Option(min=0, help="Most clips with pictures; those that methods flip come first.")]
Size = Annotated[float, typer.Option(metavar="MB", min=0.1, help="Most megabytes of pictures.")]
Data = Annotated[Path | None, typer.Option(help="Folder of the data set, if it is not embedded.")]
Format = Annotated[str | None, typer.Option(help="Which page, where plugins bring several.")]


def report(
    run_dirs: RunDirs,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write to; it is made if it is not there.")],
    clips: Clips = 4,
    size: Size = 20.0,
    data: Data = None,
    format: Format = None,
    device: Device = "auto",
    plugin: PluginFiles = None,
) -> None:
    """Write a page for the browser: the table, plots, clips side by side. It opens from disk, without a network."""
    _write(run_dirs, out, clips, size, data, format, device)


def view(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Folder that `harness run` wrote.")],
    clips: Clips = 4,
    size: Size = 20.0,
    data: Data = None,
    format: Format = None,
    device: Device = "auto",
    plugin: PluginFiles = None,
) -> None:
    """Write the page of a run into its folder and open it in the browser."""
    import webbrowser

    from harness.terminal import console, say

    index = _write([run_dir], run_dir / PAGE, clips, size, data, format, device)
    if not webbrowser.open(index.resolve().as_uri()):
        say(console(), f"no browser could be opened here; open {index} yourself")


def _write(
    run_dirs: Sequence[Path], out: Path, clips: int, size: float, data: Path | None, name: str | None, device: str
) -> Path:
    """Write the page; returns the file to open."""
    from harness.leaderboard.reports import page_report, render_report
    from harness.leaderboard.table import build
    from harness.leaderboard.write import write_folder
    from harness.registry import registry
    from harness.running.merging import load_runs
    from harness.terminal import console, say

    spec = page_report(registry(), name)
    record = load_runs(run_dirs)
    pictures = _pictures(record, clips, round(size * 1e6), data, device)
    files = render_report(spec, build(record, registry=registry()), record, pictures)
    write_folder(out, files)
    first = out / next(iter(files))
    megabytes = sum(map(len, files.values())) / 1e6
    say(console(), f"wrote {first} and {len(files) - 1} files beside it, {megabytes:.1f} MB")
    if pictures.why_not:
        say(console(stderr=True), pictures.why_not, style="yellow")
    return first


def _pictures(record: RunRecord, clips: int, size: int, data: Path | None, device: str) -> Pictures:
    """What restores the clips of a run, or why that cannot be done here."""
    from harness.contracts import Pictures
    from harness.errors import HarnessError
    from harness.registry import registry
    from harness.running.again import open_again
    from harness.running.build import pick_device

    if not clips:
        return Pictures(why_not="The page has no clips, because none were asked for (--clips 0).")
    try:
        again = open_again(record, registry(), data, pick_device(device))
    except HarnessError as error:
        return Pictures(why_not=f"The page has no clips: {error}")
    restore = _told(lambda clip, methods: again.restore(clip, methods, FRAMES))
    return Pictures(clips, size, list(again.parts), restore, left_out=again.left_out)


def _told(
    restore: Callable[[str, Sequence[str]], ClipFrames],
) -> Callable[[str, Sequence[str]], ClipFrames]:
    """`restore` that says on standard error which clip is in work."""
    from harness.terminal import console, say

    def telling(clip: str, methods: Sequence[str]) -> ClipFrames:
        say(console(stderr=True), f"restoring {clip} with {len(methods)} methods", style="dim")
        return restore(clip, methods)

    return telling
