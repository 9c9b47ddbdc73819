"""All hooks of the harness. Each returns declarations (`harness.specs`), never live models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

from harness.specs import (
    DatasetSpec,
    DegradationSpec,
    ExecutorSpec,
    FlowSpec,
    HealthCheck,
    ProbeSpec,
    RecognizerSpec,
    ReportSpec,
    SRMethodSpec,
)

if TYPE_CHECKING:
    from harness.planning.cells import Cell
    from harness.running.store import RunFolder

PROJECT = "harness"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def harness_sr_methods() -> Iterable[SRMethodSpec]:  # type: ignore[empty-body]
    """Super-resolution methods.

    Example::

        @hookimpl
        def harness_sr_methods():
            yield SRMethodSpec("my_sr", "my network", "my_package.network:build", scales=(4,), needs_weights=True)
    """


@hookspec
def harness_recognizers() -> Iterable[RecognizerSpec]:  # type: ignore[empty-body]
    """Recognisers.

    Example::

        @hookimpl
        def harness_recognizers():
            yield RecognizerSpec("r3d", "3D ResNet", "my_package.r3d:build", streams=("spatial",))
    """


@hookspec
def harness_datasets() -> Iterable[DatasetSpec]:  # type: ignore[empty-body]
    """Data sets.

    Example::

        @hookimpl
        def harness_datasets():
            yield DatasetSpec("my_clips", "twenty clips of mine", "my_package.clips:open_dataset")
    """


@hookspec
def harness_flows() -> Iterable[FlowSpec]:  # type: ignore[empty-body]
    """Optical-flow estimators.

    Example::

        @hookimpl
        def harness_flows():
            yield FlowSpec("raft", "RAFT of torchvision", "my_package.raft:build", options={"iterations": 12})
    """


@hookspec
def harness_degradations() -> Iterable[DegradationSpec]:  # type: ignore[empty-body]
    """Degradations, from high-resolution to low-resolution frames.

    Example::

        @hookimpl
        def harness_degradations():
            yield DegradationSpec("jpeg", "bicubic, then JPEG", "my_package.jpeg:Jpeg", options={"scale": 4})
    """


@hookspec
def harness_probes() -> Iterable[ProbeSpec]:  # type: ignore[empty-body]
    """Probes, which look at restored frames or flow and yield numbers for one clip.

    Example::

        @hookimpl
        def harness_probes():
            yield ProbeSpec("lpips", "learned perceptual distance", "my_package.lpips:Probe")
    """


@hookspec
def harness_executors() -> Iterable[ExecutorSpec]:  # type: ignore[empty-body]
    """Executors: where the cells of a plan are computed.

    Example::

        @hookimpl
        def harness_executors():
            yield ExecutorSpec("slurm", "one job a shard", "my_package.slurm:Executor")
    """


@hookspec
def harness_reports() -> Iterable[ReportSpec]:  # type: ignore[empty-body]
    """Reports on a run: formats of the leaderboard, pages, pictures.

    ``render(board, run)`` gets the table (`harness.leaderboard.table.Leaderboard`) and the run folder as tables
    (`harness.RunRecord`), and returns file names with their contents::

        def render(board, run):
            lines = [f"| {row.sr} | {row.streams['fusion'].top1} |" for row in board.rows]
            return {"table.org": "\\n".join(lines).encode(), "chart.png": chart(run.clips)}

    It works from ``harness leaderboard RUN --format org``; with ``default=True`` every run writes it as well. One with
    another ``view`` than the table is for ``--pairs all``, ``--classes``, ``--confusion`` or ``--flips``.

    Example::

        @hookimpl
        def harness_reports():
            yield ReportSpec("org", "Emacs org table", "my_package.org:render", suffix=".org")
    """


@hookspec
def harness_health_checks() -> Iterable[HealthCheck]:  # type: ignore[empty-body]
    """Checks that ``harness doctor`` makes in addition to those of the project's own installation.

    Example::

        @hookimpl
        def harness_health_checks():
            yield HealthCheck("raft is compiled", "my_package.raft:require_operators", cure="pip install raft-ops")
    """


@hookspec
def harness_run_started(run: RunFolder) -> None:
    """Called once, after the plan is made and the run folder is open.

    Example::

        @hookimpl
        def harness_run_started(run):
            tracker.start(run.path.name)
    """


@hookspec
def harness_cell_finished(run: RunFolder, cell: Cell, status: str) -> None:
    """Called when a cell has ended as `ok`, `failed` or `skipped`.

    Example::

        @hookimpl
        def harness_cell_finished(run, cell, status):
            tracker.log(cell.id, status)
    """


@hookspec
def harness_run_finished(run: RunFolder) -> None:
    """Called once, after the last cell and the leaderboard.

    Example::

        @hookimpl
        def harness_run_finished(run):
            tracker.upload(run.path / "leaderboard.json")
    """
