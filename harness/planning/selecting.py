"""What the command line asks for, resolved into a plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from harness.choice import Choice, parse_choice
from harness.contracts import Dataset, Progress
from harness.datasets.annotated import balanced_subset
from harness.datasets.digests import split_digest
from harness.errors import UsageError
from harness.planning.benchmark import Benchmark
from harness.planning.cells import Part, Plan
from harness.planning.computing import AUTO, USUAL, Computing
from harness.planning.naming import wanted_methods, wanted_pairs
from harness.planning.plan import (
    method_part,
    plan_cells,
    probe_part,
    refuse_other_folds,
    refuse_training_clips,
    setting_of,
    stream_parts,
)
from harness.planning.resolving import dataset_part, degradation_part, flow_part
from harness.planning.steps import computed
from harness.planning.views import with_second_views
from harness.registry import Registry
from harness.specs import DEFAULT_EXECUTOR, NetworkSpec
from harness.syntax import ALL, parse_recognizers
from harness.video.frames import decoder_name

P = TypeVar("P", bound="Part[Any]")
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
    executor: str = DEFAULT_EXECUTOR
    """``NAME`` or ``NAME:option=value``."""
    skip_unreadable: bool = False
    """Whether a clip that cannot be read costs its own rows alone, and not every cell."""
    computing: Computing = USUAL
    """How networks are to compute."""


def make_plan(request: Request, registry: Registry, dataset: Dataset, progress: Progress | None = None) -> Plan:
    """Resolve names, weights and clips into cells. Raises `UsageError` for anything that does not exist.

    `dataset` is the benchmark's, opened (`open_dataset`). `progress` counts clips that are read for the first time.
    """
    benchmark = request.benchmark
    everything = dataset.clips(benchmark.split)
    clips = balanced_subset(everything, request.limit) if request.limit else everything
    chosen = wanted_methods(request.sr, registry, benchmark)
    methods = _each_once(method_part(choice, registry, benchmark) for choice in chosen)
    methods = with_second_views(methods, clips)
    streams = [
        part
        for choice in wanted_recognizers(request.recognizer, benchmark)
        for part in stream_parts(choice, registry, benchmark)
    ]
    methods, streams = _computed(methods, request), _computed(streams, request)
    shared = request.computing.seen_in({part.computing.precision for part in (*methods, *streams)})
    probes = [*_each_once(probe_part(text, registry, benchmark) for text in benchmark.probes), *streams]
    flow = flow_part(benchmark.flow, registry, benchmark.tags)
    degradation = degradation_part(benchmark, registry) if benchmark.has_hr else None
    refuse_training_clips([*methods, *probes, flow], benchmark)
    refuse_other_folds([*methods, *probes, flow], benchmark, dataset, clips)
    digest = split_digest(clips, progress)
    setting = setting_of(benchmark, degradation, digest, shared)
    pairs = wanted_pairs(request.sr, registry, benchmark)
    return Plan(
        benchmark=benchmark,
        dataset=dataset_part(benchmark.dataset, registry),
        clips=clips,
        clips_digest=digest,
        dataset_clips=len(everything),
        classes=dataset.classes,
        degradation=degradation,
        flow=flow,
        methods=methods,
        probes=probes,
        cells=plan_cells(methods, probes, setting, flow, pairs),
        pairs=pairs,
        protocol={**protocol_of(benchmark, setting, flow.text(), streams), **_in_words(shared, [*methods, *streams])},
        computing=shared,
    )


def _computed(parts: Sequence[P], request: Request) -> list[P]:
    return [computed(part, request.computing, request.device) for part in parts]


def _in_words(computing: Computing, parts: Sequence[Part[NetworkSpec]]) -> dict[str, str]:
    """How networks compute, for the leaderboard's header, where that is not as usual."""
    facts = computing.facts()
    if precision := facts.get("precision"):
        facts["precision"] = f"{precision}, SR networks and recognisers"
    if precision == AUTO:
        facts["precision"] = ", ".join(f"{part.label} {part.computing.precision}" for part in parts)
    if "compiled" in facts:
        facts["compiled"] = "by torch.compile, which rounds half precision in other places"
    if tile := facts.pop("tile", None):
        facts["tiles"] = f"{tile} LR pixels a side and an overlap, SR networks"
    return {name: str(value) for name, value in facts.items()}


def _each_once(parts: Iterable[P]) -> list[P]:
    """Parts without those that are spelt in two ways, such as with an option at its default."""
    found: list[P] = []
    for part in parts:
        found += [] if part in found else [part]
    return found


def wanted_recognizers(text: str, benchmark: Benchmark) -> list[Choice]:
    """Recognisers named by ``--recognizer``, with labels if they have any; ``all`` is the benchmark's own.

    Raises `UsageError` for two of one label.
    """
    names: list[Choice] = []
    for choice in parse_recognizers(text):
        names += map(parse_choice, benchmark.recognizers) if choice == Choice(ALL) else [choice]
    labels = [choice.label for choice in dict.fromkeys(names) if choice.label]
    if twice := next((label for label in labels if labels.count(label) > 1), None):
        raise UsageError(f"--recognizer: {twice!r} names two recognisers; call one of them something else")
    return list(dict.fromkeys(names))


def protocol_of(
    benchmark: Benchmark, setting: dict[str, Any], flow: str, streams: Sequence[Part[NetworkSpec]]
) -> dict[str, str]:
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
        if benchmark.has_hr:
            protocol["picture quality"] += ", unless a probe's options say otherwise"
    described = {part.label: _describe(part) for part in streams}
    if len(set(described.values())) == 1:  # streams of one recogniser under one protocol: say it once
        described = {streams[0].label.rpartition(".")[0]: described[streams[0].label]}
    protocol.update({f"recogniser {label}": text for label, text in described.items()})
    return protocol


def _describe(part: Part[NetworkSpec]) -> str:
    """A stream's options in force, and what is special about its checkpoint and its scores."""
    options = ", ".join(f"{k}={v}" for k, v in sorted(part.options.items()) if v not in ("", None))
    notes = "; ".join(filter(None, [part.weights.note if part.weights else "", part.note]))
    return f"{options} [{notes}]" if notes else options
