"""Writing the leaderboard into a run folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.leaderboard import csv, json, markdown, plot
from harness.leaderboard.table import Leaderboard, build

if TYPE_CHECKING:
    from harness.running.reading import RunRecord


def write_all(
    record: RunRecord, folder: Path, *, pairs: Sequence[str] = (), fusion: tuple[float, float] | None = None
) -> list[Path]:
    """Score a run and write ``leaderboard.{md,csv,json,png}`` into a folder.

    Returns the files. Raises what `build` raises, before anything is written.
    """
    return write_board(build(record, pairs=pairs, fusion=fusion), folder)


def write_board(board: Leaderboard, folder: Path) -> list[Path]:
    """Write a table in every form that the run folder keeps, each file as a whole or not at all."""
    contents = {
        "md": markdown.render(board).encode(),
        "csv": csv.render(board).encode(),
        "json": json.render(board).encode(),
        "png": plot.render(board),
    }
    return [_replace(folder / f"leaderboard.{suffix}", content) for suffix, content in contents.items()]


def _replace(path: Path, content: bytes) -> Path:
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)
    return path
