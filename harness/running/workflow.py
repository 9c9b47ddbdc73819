"""`harness run` as a list of steps: open the folder, execute, score. The command line only shows them."""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import RunFolderError
from harness.planning.building import Given, build
from harness.planning.cells import Cell, Plan
from harness.planning.comparable import comparable, joined
from harness.planning.plan import other_weights
from harness.planning.resolving import resolve_part
from harness.planning.selecting import Request
from harness.registry import Registry
from harness.running.environment import describe_environment
from harness.running.protocols import archive, foreign, kept_cells, left_out
from harness.running.recorder import Listener, Recorder
from harness.running.renaming import rename_methods
from harness.running.store import SCHEMA_VERSION, WORKER_LOGS, RunFolder
from harness.specs import ExecutorSpec, ProbeSpec

if TYPE_CHECKING:
    from harness.running.context import RunContext
    from harness.running.executors.base import Executor


@dataclass(frozen=True)
class Outcome:
    """How every cell of a run ended: ids by status."""

    ok: Sequence[str]
    failed: Sequence[str]
    skipped: Sequence[str]


def waiting_cells(plan: Plan, folder: Path | None, *, skip_unreadable: bool = False) -> list[Cell]:
    """Cells that are neither skipped nor complete in the folder (None: an empty one).

    One that lacks clips which cannot be read is complete only if such clips are to be skipped.
    """

    def complete(cell: Cell) -> bool:
        facts = RunFolder(folder).cell(cell.id).outcome if folder else {}
        return facts.get("status") == "ok" and (skip_unreadable or not facts.get("unreadable"))

    return [cell for cell in plan.cells if not cell.skipped and not complete(cell)]


def record_start(context: RunContext, request: Request, folder: RunFolder) -> None:
    """Write `run.json`. Cells of earlier commands stay in the table if they are of the same protocol.

    Raises `RunFolderError` if the folder holds a run of another benchmark.
    """
    plan = context.plan
    earlier = _earlier_info(plan, folder)
    rename_methods(plan, folder)
    if earlier:
        archive(earlier, plan, folder)
    published = earlier.get("published") if earlier and not foreign(earlier, plan, folder) else None
    folder.write_info(
        {
            "schema_version": SCHEMA_VERSION,
            "status": "running",
            "command": ["harness", *sys.argv[1:]],
            "benchmark": plan.benchmark.model_dump(mode="json"),
            "plan": _plan_facts(plan, request),
            "protocol": dict(plan.protocol),
            "weights": {**(earlier.get("weights", {}) if earlier else {}), **other_weights(plan)},
            "published": joined(comparable(plan), published, plan),
            "environment": describe_environment(context.device),
            "execution": {
                "executor": request.executor,
                "workers": 1,
                "hosts": [socket.gethostname()],
                "devices": [str(context.device)],
                "restarts": 0,
            },
            "columns": [asdict(c) for p in plan.probes if isinstance(p.spec, ProbeSpec) for c in p.spec.columns],
            "seeds": {"subset": 0},
            "cells": [*(c.id for c in plan.cells), *kept_cells(plan, folder, earlier["cells"] if earlier else ())],
            "left_out": left_out(plan, folder),
        }
    )


def execute(
    context: RunContext, request: Request, folder: RunFolder, registry: Registry, listener: Listener
) -> dict[str, float]:
    """Record what is skipped and compute what is waiting. Returns seconds by stage."""
    from harness.running.loop import Work

    recorder = Recorder(context.plan, folder, registry, listener, skip_unreadable=request.skip_unreadable)
    recorder.skip()
    cells = waiting_cells(context.plan, folder.path, skip_unreadable=request.skip_unreadable)
    if not cells:
        return {}
    executor: Executor = build(resolve_part(ExecutorSpec, request.executor, registry), Given())
    context.logs = folder.path / WORKER_LOGS
    done = recorder.begin(cells, str(context.device))
    seconds = executor.run(Work(context.plan, cells, done), context, recorder.take)
    recorder.finish()
    return seconds


def outcome_of(plan: Plan, folder: RunFolder) -> Outcome:
    """The state of the plan's cells in the folder."""
    status = {cell.id: folder.cell(cell.id).outcome.get("status") for cell in plan.cells}
    return Outcome(*([cell for cell, s in status.items() if s == wanted] for wanted in ("ok", "failed", "skipped")))


def _plan_facts(plan: Plan, request: Request) -> dict[str, Any]:
    return {
        "clips": len(plan.clips),
        "dataset_clips": plan.dataset_clips,
        "limit": request.limit,
        "classes": list(plan.classes),
        "split_digest": plan.clips_digest,
        "pairs": list(plan.pairs),
    }


def _earlier_info(plan: Plan, folder: RunFolder) -> dict[str, Any] | None:
    """What `run.json` of an earlier command says; None if there is none.

    Raises `RunFolderError` for a run of another benchmark.
    """
    if not (folder.path / "run.json").exists():
        return None
    info = folder.info()
    name = info["benchmark"]["name"]
    if name != plan.benchmark.name:
        gone = f", which is gone ({plan.benchmark.name} took its place)" if name in plan.benchmark.replaces else ""
        raise RunFolderError(
            f"{folder.path} holds a run of {name}{gone}; choose another --out, or --no-resume to start it over"
        )
    return info
