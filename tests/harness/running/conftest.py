"""Runs in this process with a plugin file that misbehaves on request."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.leaderboard.table import build
from harness.planning.benchmark import Benchmark, load_benchmark
from harness.planning.cells import Cell
from harness.planning.selecting import Request
from harness.registry import Registry, load_registry
from harness.running.context import open_context
from harness.running.reading import load_run
from harness.running.recorder import Listener
from harness.running.store import open_run
from harness.running.workflow import execute, record_start

MISBEHAVING = Path(__file__).with_name("misbehaving.py")
"""The plugin file."""


class Silent(Listener):
    """A listener that remembers how cells ended."""

    def __init__(self) -> None:
        self.finished: dict[str, str] = {}

    def cell_finished(self, cell: Cell, status: str, reason: str | None) -> None:
        self.finished[f"{cell.label} x {cell.probe.label}"] = status


@pytest.fixture(scope="session")
def misbehaving() -> Registry:
    return load_registry([MISBEHAVING])


@pytest.fixture
def small(misbehaving: Registry) -> Benchmark:
    """Pixels and flow, no recogniser."""
    keys = {"recognizers": {}, "sr": ["hr", "bicubic"], "pairs": [], "probes": ["psnr_y", "flow_quality"]}
    return load_benchmark("mini-2").model_copy(update=keys)


@pytest.fixture
def do_run(misbehaving: Registry) -> Callable[..., Any]:
    """Runs a request into a folder and returns the listener."""

    def run(request: Request, out: Path, listener: Listener | None = None) -> Listener:
        listener = listener or Silent()
        context = open_context(request, misbehaving)
        with open_run(out) as folder:
            record_start(context, request, folder)
            execute(context, request, folder, misbehaving, listener)
        return listener

    return run


@pytest.fixture
def board_of() -> Callable[[Path], list[dict[str, Any]]]:
    """The leaderboard of a run folder, without what measures time."""

    def board(folder: Path) -> list[dict[str, Any]]:
        return [{k: v for k, v in row.items() if k != "fps"} for row in build(load_run(folder)).records]

    return board
