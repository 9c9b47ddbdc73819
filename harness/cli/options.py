"""Options shared by several verbs, so that they have the same name and help everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.registry import registry

DEVICE_HELP = "auto (CUDA if available), cpu, cuda, cuda:1."


def load_plugin_files(context: typer.Context, files: list[Path] | None) -> list[Path] | None:
    """Add ``--plugin`` files to the registry while the command line is parsed. Raises `PluginError`."""
    if not context.resilient_parsing:  # shell completion must not run plugins
        for file in files or ():
            registry().load_file(file)
    return files


PluginFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--plugin",
        metavar="PATH",
        help="A plugin file to load in addition to the installed plugins. May be given several times.",
        callback=load_plugin_files,
        rich_help_panel="Plugins",
    ),
]
Device = Annotated[str, typer.Option(help=DEVICE_HELP, rich_help_panel="Machine")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.", rich_help_panel="Output")]
