"""`harness figures`: pictures for a paper."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import PluginFiles

EXAMPLES = """
Examples:

  harness figures runs/mini-2 --out figures       accuracy, quality, pairs: PNG, SVG and PDF

  harness figures runs/a runs/b --out figures     two runs of one protocol
"""
RunDirs = Annotated[
    list[Path], typer.Argument(metavar="RUN_DIR...", help="Folders that `harness run` wrote, of one protocol.")
]


def figures(
    run_dirs: RunDirs,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write to; it is made if it is not there.")],
    plugin: PluginFiles = None,
) -> None:
    """Write figures for a paper as PNG, SVG and PDF, with serif fonts and colours that the colour-blind tell apart."""
    from harness import api
    from harness.leaderboard.figures import render
    from harness.leaderboard.write import write_folder
    from harness.terminal import console, say

    files = render(api.leaderboard(run_dirs))
    write_folder(out, files)
    say(console(), f"wrote {', '.join(str(out / name) for name in files)}")
