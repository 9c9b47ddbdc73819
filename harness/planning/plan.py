"""What a run will do: the grid of cells, their identity, and what is skipped and why.

A cell is one SR method seen by one probe on one data set split under one protocol. Its id is a readable slug and a
hash over everything that changes its numbers, and nothing that does not (device, batch size, number of workers).
`cell_id` is the one function that computes it, from a plan as well as from a record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.choice import Choice, all_options, own_file, parse_choice, resolve
from harness.contracts import Clip, Dataset, Listing
from harness.errors import UnknownNameError, UsageError, WeightsMissingError
from harness.imports import resolve_import
from harness.planning.benchmark import NO_DEGRADATION, Benchmark
from harness.planning.cells import FORMAT_VERSION, JOINT, Cell, Part, cell_id, uses_flow
from harness.planning.resolving import full_text, resolved_degradation, resolved_flow
from harness.registry import Registry
from harness.specs import OptionValue, ProbeSpec, RecognizerSpec, SRMethodSpec

NO_HR = "needs HR frames, which clips that are low-resolution by nature lack"


def plan_cells(
    methods: Sequence[Part],
    probes: Sequence[Part],
    setting: Mapping[str, Any],
    flow: str,
    pairs: Sequence[str] = (),
) -> list[Cell]:
    """The grid methods x probes; a joint stream sees the `pairs` ``a+b`` of their labels besides.

    `setting` is the part of the identity that all cells share.
    """

    identities = {id(part): part.identity() for part in (*methods, *probes)}  # once each: they read files

    def cell(method: Part, probe: Part, temporal: Part) -> Cell:
        joint = probe.stream == JOINT
        identity = {
            "version": FORMAT_VERSION,
            **setting,
            "method": identities[id(method)],
            "probe": identities[id(probe)],
            "flow": flow if uses_flow(probe) else None,
            **({"temporal": identities[id(temporal)]} if joint else {}),
        }
        return Cell(cell_id(identity), method, probe, identity, temporal if joint else None)

    grid = [cell(method, probe, method) for method in methods for probe in probes]
    both = [(a, b) for a in methods for b in methods if a != b and f"{a.label}+{b.label}" in pairs]
    return grid + [cell(a, probe, b) for a, b in both for probe in probes if probe.stream == JOINT]


def setting_of(benchmark: Benchmark, registry: Registry, split_digest: str) -> dict[str, Any]:
    """Data set, split, scale and degradation: what all cells of a run share."""
    degradation = NO_DEGRADATION
    if benchmark.has_hr:
        spec, options = resolved_degradation(benchmark, registry)
        degradation = full_text(spec.name, options)
    return {
        "dataset": benchmark.dataset,
        "split": benchmark.split,
        "clips": split_digest,
        "scale": benchmark.scale,
        "degradation": degradation,
    }


def flow_text(benchmark: Benchmark, registry: Registry) -> str:
    """The benchmark's flow estimator with all its options."""
    spec, options = resolved_flow(benchmark, registry)
    return full_text(spec.name, options)


def method_part(choice: Choice, registry: Registry, benchmark: Benchmark) -> Part:
    """An SR method with options and the checkpoint that the benchmark's tag names."""
    spec = registry.get(SRMethodSpec, choice.name)
    choice = resolve(choice, spec)
    if spec.source == "hr" and not benchmark.has_hr:
        return Part(str(choice), spec, all_options(choice, spec), missing=NO_HR)
    if spec.scales is not None and benchmark.scale not in spec.scales:
        scales = ", ".join(map(str, spec.scales))
        return Part(str(choice), spec, all_options(choice, spec), missing=f"does scale {scales}, not {benchmark.scale}")
    if not spec.needs_weights:
        return Part(str(choice), spec, all_options(choice, spec))
    return _with_weights(choice, spec, benchmark.weights, scale=benchmark.scale)


def stream_parts(choice: Choice, registry: Registry, benchmark: Benchmark) -> list[Part]:
    """The streams of a recogniser under the benchmark's protocol; options given by name override the file's."""
    spec = registry.get(RecognizerSpec, choice.name)
    protocol = benchmark.recognizers.get(spec.name, {})
    merged = Choice(spec.name, tuple({**protocol, **choice.mapping}.items()))
    wanted = resolve(merged, spec)
    shown = resolve(choice, spec)
    options = all_options(wanted, spec)
    streams = chosen_streams(spec, options)
    parts = [_with_weights(wanted, spec, benchmark.weights, stream=s, label=f"{shown}.{s}") for s in streams]
    if spec.note is None or any(part.missing for part in parts):
        return parts
    note = resolve_import(spec.note)(options)
    return [replace(part, note=note) for part in parts]


def chosen_streams(spec: RecognizerSpec, options: Mapping[str, OptionValue]) -> tuple[str, ...]:
    """The streams of a recogniser, or the one that its option ``stream`` names. Raises `UnknownNameError`."""
    if "stream" not in spec.options:
        return spec.streams
    stream = str(options["stream"])
    if stream not in spec.streams:
        raise UnknownNameError(f"value of {spec.name}:stream", stream, spec.streams)
    return (stream,)


def probe_part(choice: Choice, registry: Registry, benchmark: Benchmark) -> Part:
    """A probe that is no recogniser."""
    spec = registry.get(ProbeSpec, choice.name)
    choice = resolve(choice, spec)
    missing = NO_HR if spec.uses_hr and not benchmark.has_hr else None
    return Part(str(choice), spec, all_options(choice, spec), missing=missing)


def refuse_training_clips(parts: Sequence[Part], benchmark: Benchmark) -> None:
    """Raise `UsageError` when a checkpoint would be scored on the split it was trained on."""
    scored = f"{parse_choice(benchmark.dataset).name}/{benchmark.split}"
    for part in parts:
        if part.weights is not None and part.weights.trained_on == scored:
            raise UsageError(
                f"{part.label}: its checkpoint {part.weights.tag!r} was trained on {scored}, the split that "
                f"benchmark {benchmark.name} scores; use another split or another checkpoint"
            )


def refuse_other_folds(parts: Sequence[Part], benchmark: Benchmark, dataset: Dataset, clips: Sequence[Clip]) -> None:
    """Raise `UsageError` when clips to be scored were in a training split of another fold (UCF101's splits overlap)."""
    name = parse_choice(benchmark.dataset).name
    scored = {clip.id for clip in clips}
    for part in parts:
        trained, _, split = part.weights.trained_on.partition("/") if part.weights else ("", "", "")
        if trained != name or split in (benchmark.split, benchmark.train_split) or split not in dataset.splits:
            continue
        listed = dataset.entries(split) if isinstance(dataset, Listing) else dataset.clips(split)
        if both := sum(clip.id in scored for clip in listed):
            raise UsageError(
                f"{part.label}: its checkpoint was trained on {name}/{split}, which has {both} of the {len(scored)} "
                f"clips that benchmark {benchmark.name} scores; use one trained on {name}/{benchmark.train_split}"
            )


def _with_weights(
    choice: Choice,
    spec: SRMethodSpec | RecognizerSpec,
    tag: str,
    *,
    scale: int | None = None,
    stream: str | None = None,
    label: str | None = None,
) -> Part:
    from harness.weights.catalogue import find, installed_path

    label = label or str(choice)
    options = all_options(choice, spec)
    if own_file(options):
        return Part(label, spec, options, stream=stream)
    if not spec.needs_weights:
        return Part(label, spec, options, stream=stream)
    try:
        weights = find(spec, tag, scale=scale, stream=stream)
        installed_path(weights)
    except WeightsMissingError as error:
        return Part(label, spec, options, stream=stream, missing=str(error))
    if unknown := sorted(weights.options.keys() - options.keys()):
        missing = f"its {tag} weights are for a network with {', '.join(unknown)}; give a file with checkpoint=FILE"
        return Part(label, spec, options, stream=stream, missing=missing)
    return Part(label, spec, all_options(choice, spec, weights.options), weights, stream)


