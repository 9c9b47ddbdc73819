"""`harness run` as a list of steps: plan, open the folder, execute, score. The command line only shows them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.contracts import Clip, Dataset, Probe
from harness.datasets.annotated import split_digest
from harness.errors import ClipError, RunFolderError
from harness.imports import resolve_import
from harness.planning.cells import Cell, Part, Plan
from harness.planning.comparable import comparable, joined
from harness.planning.resolving import open_dataset
from harness.planning.selecting import Request
from harness.registry import Registry
from harness.running.build import build_probe, pick_device
from harness.running.environment import describe_environment
from harness.running.executors.base import Executor, Listener, Work
from harness.running.store import SCHEMA_VERSION, RunFolder, cell_facts
from harness.specs import ExecutorSpec, ProbeSpec


@dataclass(frozen=True)
class Outcome:
    """How every cell of a run ended: ids by status."""

    ok: Sequence[str]
    failed: Sequence[str]
    skipped: Sequence[str]


def waiting_cells(plan: Plan, folder: Path | None) -> list[Cell]:
    """Cells that are neither skipped nor complete in the folder (None: an empty one)."""
    return [
        cell
        for cell in plan.cells
        if not cell.skipped and (folder is None or RunFolder(folder).cell(cell.id).outcome.get("status") != "ok")
    ]


def count_frames(plan: Plan, request: Request, registry: Registry) -> int:
    """Frames one method is asked for over all clips: the union of what all probes want."""
    dataset = open_dataset(request.benchmark, registry, request.data)
    probes = [probe for part in plan.probes if not part.missing and (probe := _try_probe(part, plan))]
    lengths = Counter(length for clip in plan.clips if (length := _num_frames(dataset, clip)))
    wanted = {n: len(set().union(*(probe.wants(n).all_frames() for probe in probes))) for n in lengths}
    return sum(wanted[n] * clips for n, clips in lengths.items())


def _try_probe(part: Part, plan: Plan) -> Probe | None:
    try:
        return build_probe(part, plan.benchmark.scale, plan.classes, pick_device("cpu"))
    except Exception:  # a plugin's factory; the executor meets it again and records it in the probe's cells
        return None


def _num_frames(dataset: Dataset, clip: Clip) -> int:
    try:
        return dataset.open(clip).num_frames
    except ClipError:  # an unreadable clip is recorded when its turn comes; the plan counts it as empty
        return 0


def record_start(plan: Plan, request: Request, folder: RunFolder) -> None:
    """Write `run.json`. Cells of earlier commands in this folder stay, unless this plan has them in another form.

    Raises `RunFolderError` when the folder holds a run over other clips or another setting.
    """
    names = {(c.method.label, c.temporal.label if c.temporal else None, c.probe.label) for c in plan.cells}
    earlier = {c: folder.cell(c).outcome for c in _earlier_cells(plan, folder)}
    earlier_info = folder.info() if earlier else {}
    known = ("method", "temporal", "probe")
    kept = [c for c, facts in earlier.items() if tuple(facts.get(name) for name in known) not in names]
    folder.write_info(
        {
            "schema_version": SCHEMA_VERSION,
            "status": "running",
            "command": ["harness", *sys.argv[1:]],
            "benchmark": plan.benchmark.model_dump(mode="json"),
            "plan": {
                "clips": len(plan.clips),
                "dataset_clips": plan.dataset_clips,
                "limit": request.limit,
                "classes": list(plan.classes),
                "split_digest": split_digest(plan.clips),
                "pairs": list(plan.pairs),
            },
            "protocol": dict(plan.protocol),
            "published": joined(comparable(plan), earlier_info.get("published"), plan),
            "environment": describe_environment(request.device),
            "columns": [asdict(c) for p in plan.probes if isinstance(p.spec, ProbeSpec) for c in p.spec.columns],
            "seeds": {"subset": 0, "bootstrap": 0},
            "cells": [*(c.id for c in plan.cells), *kept],
        }
    )


def execute(
    plan: Plan, request: Request, folder: RunFolder, registry: Registry, listener: Listener
) -> dict[str, float]:
    """Record what is skipped and compute what is waiting. Returns seconds by stage."""
    announcing = _Announcing(listener, folder, registry)
    for cell in plan.cells:
        if cell.skipped:
            folder.cell(cell.id).skip(cell_facts(cell), cell.skipped)
            announcing.cell_finished(cell, "skipped", cell.skipped)
    cells = waiting_cells(plan, folder.path)
    if not cells:
        return {}
    spec = registry.get(ExecutorSpec, request.executor)
    executor: Executor = resolve_import(spec.factory)()
    dataset = open_dataset(request.benchmark, registry, request.data)
    return executor.run(Work(plan, cells, dataset, folder, registry, request.device, announcing))


@dataclass(frozen=True)
class _Announcing:
    """Passes on what happens to whoever watches, and every end of a cell to the plugins' hook."""

    listener: Listener
    folder: RunFolder
    registry: Registry

    def loading(self, what: str) -> None:
        self.listener.loading(what)

    def clip_done(self, method: str, seconds: float) -> None:
        self.listener.clip_done(method, seconds)

    def cell_finished(self, cell: Cell, status: str, reason: str | None) -> None:
        self.registry.manager.hook.harness_cell_finished(run=self.folder, cell=cell, status=status)
        self.listener.cell_finished(cell, status, reason)


def outcome_of(plan: Plan, folder: RunFolder) -> Outcome:
    """How the plan's cells stand in the folder."""
    status = {cell.id: folder.cell(cell.id).outcome.get("status") for cell in plan.cells}
    return Outcome(*([cell for cell, s in status.items() if s == wanted] for wanted in ("ok", "failed", "skipped")))


def _earlier_cells(plan: Plan, folder: RunFolder) -> list[str]:
    if not (folder.path / "run.json").exists():
        return []
    info = folder.info()
    same = info["benchmark"]["name"] == plan.benchmark.name and info["plan"]["split_digest"] == split_digest(plan.clips)
    if not same:
        raise RunFolderError(
            f"{folder.path} holds a run of {info['benchmark']['name']} over {info['plan']['clips']} other clips; "
            "choose another --out, or --no-resume to start it over"
        )
    return list(info["cells"])
