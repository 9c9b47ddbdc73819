"""The grid of cells: its parts, what is skipped and why, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.choice import Choice, parse_choice
from harness.contracts import Clip, Dataset, Listing
from harness.errors import UnknownNameError, UsageError
from harness.imports import resolve_import
from harness.planning.benchmark import NO_DEGRADATION, Benchmark
from harness.planning.cells import FORMAT_VERSION, Cell, Part, Plan, cell_id, uses_flow
from harness.planning.computing import USUAL, Computing
from harness.planning.in_time import drops_frames, refuse_unfit
from harness.planning.resolving import resolve_given, resolve_part, with_weights
from harness.planning.steps import restoring_part
from harness.registry import Registry
from harness.specs import (
    JOINT,
    DegradationSpec,
    FlowSpec,
    NetworkSpec,
    OptionValue,
    ProbeSpec,
    RecognizerSpec,
    SRMethodSpec,
)
from harness.syntax import parse_method

NO_HR = "needs HR frames, which clips that are low-resolution by nature lack"


def plan_cells(
    methods: Sequence[Part[SRMethodSpec]],
    probes: Sequence[Part[NetworkSpec]],
    setting: Mapping[str, Any],
    flow: Part[FlowSpec],
    pairs: Sequence[str] = (),
) -> list[Cell]:
    """The grid methods x probes; a joint stream also sees the `pairs`, ``a+b`` of two labels.

    `setting` is the part of the identity that all cells share. Raises `UsageError` for two methods or two probes of one
    label, or of one identity.
    """

    identities = {id(part): part.identity() for part in (*methods, *probes)}  # once each: they read files
    for parts in (methods, probes):
        _refuse_twins(parts, [identities[id(part)] for part in parts])
    flow_identity = flow.text()

    def cell(method: Part[SRMethodSpec], probe: Part[NetworkSpec], temporal: Part[SRMethodSpec]) -> Cell:
        joint = probe.stream == JOINT
        identity = {
            "version": FORMAT_VERSION,
            **setting,
            "method": identities[id(method)],
            "probe": identities[id(probe)],
            "flow": flow_identity if uses_flow(probe) else None,
            **({"temporal": identities[id(temporal)]} if joint else {}),
        }
        seen = flow if uses_flow(probe) else None
        return Cell(cell_id(identity), method, probe, identity, temporal if joint else None, seen)

    grid = [cell(method, probe, method) for method in methods for probe in probes]
    both = [(a, b) for a in methods for b in methods if a != b and f"{a.label}+{b.label}" in pairs]
    return grid + [cell(a, probe, b) for a, b in both for probe in probes if probe.stream == JOINT]


def _refuse_twins(parts: Sequence[Part[NetworkSpec]], identities: Sequence[Mapping[str, Any]]) -> None:
    """Raise `UsageError` for two rows that could not be told apart, or that would be one and the same."""
    labels: dict[str, Part[NetworkSpec]] = {}
    seen: dict[str, str] = {}
    for part, identity in zip(parts, identities, strict=True):
        if part.label in labels:
            both = " and ".join(map(_spelt, (labels[part.label], part)))
            raise UsageError(f"{part.label!r} names two rows, {both}; call one of them something else: LABEL=NAME:...")
        labels[part.label] = part
        first = seen.setdefault(json.dumps(identity, sort_keys=True), part.label)
        if first != part.label:
            raise UsageError(f"{first!r} and {part.label!r} are the same, by options and contents; leave one out")


def _spelt(part: Part[NetworkSpec]) -> str:
    return "|".join(str(Choice(step.spec.name, tuple(resolve_given(step).items()))) for step in part.steps)


def setting_of(
    benchmark: Benchmark, degradation: Part[DegradationSpec] | None, split_digest: str, computing: Computing = USUAL
) -> dict[str, Any]:
    """Data set, split, scale, degradation, and how networks compute: what all cells of a run share."""
    return {
        "dataset": benchmark.dataset,
        "split": benchmark.split,
        "clips": split_digest,
        "scale": benchmark.scale,
        "degradation": degradation.text() if degradation else NO_DEGRADATION,
        **computing.facts(),
    }


def method_part(text: str | Choice, registry: Registry, benchmark: Benchmark) -> Part[SRMethodSpec]:
    """An SR method, or several in steps, with options and the checkpoints that the benchmark's tags name.

    Raises `UsageError` for one that does not fit the benchmark in time.
    """
    choice = parse_method(text) if isinstance(text, str) else text
    part = restoring_part(choice, registry, benchmark.scale, benchmark.tags)
    where = f"benchmark {benchmark.name}"
    refuse_unfit(part, registry, where, dropped=drops_frames(benchmark, registry))
    return part if benchmark.has_hr or part.spec.source != "hr" else replace(part, missing=NO_HR)


def stream_parts(text: str | Choice, registry: Registry, benchmark: Benchmark) -> list[Part[RecognizerSpec]]:
    """The streams of a recogniser under the benchmark's protocol; options given by name override the file's."""
    choice = parse_choice(text) if isinstance(text, str) else text
    whole = resolve_part(RecognizerSpec, choice, registry, protocol=benchmark.recognizers.get(choice.name, {}))
    spec = whole.spec
    parts = [
        with_weights(replace(whole, label=f"{whole.label}.{stream}"), benchmark.tags, stream=stream)
        for stream in chosen_streams(spec, whole.options)
    ]
    if spec.note is None or any(part.missing for part in parts):
        return parts
    note = resolve_import(spec.note)(whole.options)
    return [replace(part, note=note) for part in parts]


def chosen_streams(spec: RecognizerSpec, options: Mapping[str, OptionValue]) -> tuple[str, ...]:
    """The streams of a recogniser, or the one that its option ``stream`` names. Raises `UnknownNameError`."""
    if "stream" not in spec.options:
        return spec.streams
    stream = str(options["stream"])
    if stream not in spec.streams:
        raise UnknownNameError(f"value of {spec.name}:stream", stream, spec.streams)
    return (stream,)


def probe_part(text: str | Choice, registry: Registry, benchmark: Benchmark) -> Part[ProbeSpec]:
    """A probe that is no recogniser."""
    part = resolve_part(ProbeSpec, text, registry)
    if part.spec.uses_hr and not benchmark.has_hr:
        return replace(part, missing=NO_HR)
    return with_weights(part, benchmark.tags, scale=benchmark.scale)


def other_weights(plan: Plan) -> dict[str, str]:
    """The checkpoints that are not of the benchmark's first tag, in words, by the method or stream that uses them."""
    streams = [part for part in plan.probes if isinstance(part.spec, RecognizerSpec)]
    others: dict[str, list[str]] = {}
    for part in (*plan.methods, *streams):
        for weights in filter(None, (step.weights for step in part.steps)):
            if weights.tag != plan.benchmark.tags[0]:
                others.setdefault(part.label, []).append(f"{weights.tag} (trained on {weights.trained_on})")
    return {label: ", then ".join(dict.fromkeys(texts)) for label, texts in others.items()}


def _all_steps(parts: Sequence[Part[NetworkSpec]]) -> list[Part[NetworkSpec]]:
    return [step for part in parts for step in part.steps]


def refuse_training_clips(parts: Sequence[Part[NetworkSpec]], benchmark: Benchmark) -> None:
    """Raise `UsageError` if a checkpoint would be scored on the split it was trained on."""
    scored = f"{parse_choice(benchmark.dataset).name}/{benchmark.split}"
    for part in _all_steps(parts):
        if part.weights is not None and part.weights.trained_on == scored:
            raise UsageError(
                f"{part.label}: its checkpoint {part.weights.tag!r} was trained on {scored}, the split that "
                f"benchmark {benchmark.name} scores; use another split or another checkpoint"
            )


def refuse_other_folds(
    parts: Sequence[Part[NetworkSpec]], benchmark: Benchmark, dataset: Dataset, clips: Sequence[Clip]
) -> None:
    """Raise `UsageError` if clips to be scored were in a training split of another fold (UCF101's splits overlap)."""
    name = parse_choice(benchmark.dataset).name
    scored = {clip.id for clip in clips}
    for part in _all_steps(parts):
        trained, _, split = part.weights.trained_on.partition("/") if part.weights else ("", "", "")
        if trained != name or split in (benchmark.split, benchmark.train_split) or split not in dataset.splits:
            continue
        listed = dataset.entries(split) if isinstance(dataset, Listing) else dataset.clips(split)
        if both := sum(clip.id in scored for clip in listed):
            raise UsageError(
                f"{part.label}: its checkpoint was trained on {name}/{split}, which has {both} of the {len(scored)} "
                f"clips that benchmark {benchmark.name} scores; use one trained on {name}/{benchmark.train_split}"
            )
