"""`harness run` as a list of steps: plan, open the folder, execute, score. The command line only shows them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.benchmark import Benchmark, open_dataset
from harness.build import build_probe, pick_device
from harness.choice import Choice, parse_choice, resolve, split_list
from harness.clips import balanced_subset, split_digest
from harness.contracts import Clip, Dataset, Probe
from harness.environment import describe_environment
from harness.errors import ClipError, RunFolderError, UsageError
from harness.executors.base import Executor, Listener, Work
from harness.executors.inprocess import cell_facts
from harness.frames import decoder_name
from harness.plan import (
    Cell,
    Part,
    Plan,
    flow_text,
    method_part,
    plan_cells,
    probe_part,
    refuse_other_folds,
    refuse_training_clips,
    setting_of,
    stream_parts,
)
from harness.published import comparable, joined
from harness.registry import Registry, resolve_import
from harness.specs import CEILING, FLOOR, ExecutorSpec, ProbeSpec, SRMethodSpec
from harness.store import SCHEMA_VERSION, RunFolder

NATURAL = "none: the clips are low-resolution by nature, so there is no HR row and no picture quality"


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    benchmark: Benchmark
    sr: str = "all"
    recognizer: str = "all"
    limit: int | None = None
    data: Path | None = None
    device: str = "auto"
    executor: str = "inprocess"


@dataclass(frozen=True)
class Outcome:
    """How every cell of a run ended: ids by status."""

    ok: Sequence[str]
    failed: Sequence[str]
    skipped: Sequence[str]


def make_plan(request: Request, registry: Registry) -> Plan:
    """Resolve names, weights and clips into cells. Raises `UsageError` for anything that does not exist."""
    benchmark = request.benchmark
    dataset = open_dataset(benchmark, registry, request.data)
    everything = dataset.clips(benchmark.split)
    clips = balanced_subset(everything, request.limit) if request.limit else everything
    methods = [method_part(choice, registry, benchmark) for choice in wanted_methods(request.sr, registry, benchmark)]
    streams = [
        part
        for choice in wanted_recognizers(request.recognizer, benchmark)
        for part in stream_parts(choice, registry, benchmark)
    ]
    refuse_training_clips([*methods, *streams], benchmark)
    refuse_other_folds([*methods, *streams], benchmark, dataset, clips)
    probes = [*(probe_part(parse_choice(text), registry, benchmark) for text in benchmark.probes), *streams]
    setting = setting_of(benchmark, registry, split_digest(clips))
    flow = flow_text(benchmark, registry)
    pairs = wanted_pairs(request.sr, registry, benchmark)
    return Plan(
        benchmark=benchmark,
        clips=clips,
        dataset_clips=len(everything),
        classes=dataset.classes,
        methods=methods,
        probes=probes,
        cells=plan_cells(methods, probes, setting, flow, pairs),
        pairs=pairs,
        protocol=protocol_of(benchmark, setting, flow, streams),
    )


def wanted_methods(text: str, registry: Registry, benchmark: Benchmark) -> list[Choice]:
    """Methods named by ``--sr``, the parts of pairs among them, with floor and ceiling always included, each once.

    There is no ceiling where there are no HR frames.
    """
    names: list[str] = [CEILING, FLOOR] if benchmark.has_hr else [FLOOR]
    for item in split_list(text):
        named = [*benchmark.sr, *benchmark.pairs] if item == "all" else [item]
        names += [part for name in named for part in split_pair(name)]
    if text.strip() == "all":
        # whoever installs a plugin wants to see it in `all`
        owner = {name: registry.owners[SRMethodSpec, name] for name in registry.all(SRMethodSpec)}
        names += [name for name, plugin in owner.items() if plugin not in registry.builtin]
    chosen = {str(choice): choice for choice in map(parse_choice, names)}
    return list(chosen.values())


def wanted_pairs(text: str, registry: Registry, benchmark: Benchmark) -> list[str]:
    """The pairs ``a+b`` among the methods of ``--sr``, each once, spelt as their methods are labelled."""
    items = [pair for item in split_list(text) for pair in (benchmark.pairs if item == "all" else [item])]
    pairs = [[parse_choice(name) for name in split_pair(item)] for item in items if "+" in item]
    labels = ["+".join(str(resolve(c, registry.get(SRMethodSpec, c.name))) for c in pair) for pair in pairs]
    return list(dict.fromkeys(labels))


def split_pair(item: str) -> list[str]:
    """``"a+b"`` to ``["a", "b"]``, a lone name to itself. Raises `UsageError` for more than two."""
    parts = [part.strip() for part in item.split("+")]
    if len(parts) > 2 or not all(parts):
        raise UsageError(f"{item!r} is not a method or a pair SPATIAL+TEMPORAL")
    return parts


def wanted_recognizers(text: str, benchmark: Benchmark) -> list[Choice]:
    """Recognisers named by ``--recognizer``; ``all`` is those the benchmark has a protocol for."""
    names: list[str] = []
    for item in split_list(text):
        names += list(benchmark.recognizers) if item == "all" else [item]
    return list({name: parse_choice(name) for name in names}.values())


def protocol_of(benchmark: Benchmark, setting: dict[str, Any], flow: str, streams: Sequence[Part]) -> dict[str, str]:
    """Everything that changes numbers, in words, for the leaderboard's header."""
    spatial, temporal = benchmark.fusion
    protocol = {
        "benchmark": benchmark.name,
        "data set": f"{setting['dataset']}, split {setting['split']}",
        "scale": f"x{benchmark.scale}",
        "degradation": f"{setting['degradation']}, LR rounded to 8 bits" if benchmark.has_hr else NATURAL,
        "flow": flow,
        "fusion": f"spatial : temporal = {spatial:g} : {temporal:g} on raw scores",
        "picture quality": f"Y of BT.601 studio range, 8 bits, border of {benchmark.scale} px cropped",
        "decoder": decoder_name(),
    }
    if not benchmark.has_hr:
        del protocol["picture quality"]
    if told := [probe for probe in benchmark.probes if ":" in probe]:  # `samples`, above all
        protocol["probes"] = ", ".join(told)
    described = {part.label: _describe(part) for part in streams}
    if len(set(described.values())) == 1:  # streams of one recogniser under one protocol: say it once
        described = {streams[0].label.rpartition(".")[0]: described[streams[0].label]}
    protocol.update({f"recogniser {label}": text for label, text in described.items()})
    return protocol


def _describe(part: Part) -> str:
    """A stream's options in force, and what is special about its checkpoint and its scores."""
    options = ", ".join(f"{k}={v}" for k, v in sorted(part.options.items()) if v not in ("", None))
    notes = "; ".join(filter(None, [part.weights.note if part.weights else "", part.note]))
    return f"{options} [{notes}]" if notes else options


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
