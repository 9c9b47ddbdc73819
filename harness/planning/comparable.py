"""Published numbers beside measured ones, only if everything that affects results is known to be the same.

A run that differs from a number's protocol in anything (`harness.planning.published`), that scores part of the split,
or whose networks differ from the published ones, is not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.choice import all_options, convert, parse_choice
from harness.planning.published import Number, read_published
from harness.specs import OFFICIAL, NetworkSpec, RecognizerSpec
from harness.syntax import split_pair

if TYPE_CHECKING:
    from harness.planning.benchmark import Benchmark
    from harness.planning.cells import Part, Plan


def comparable(plan: Plan) -> dict[str, Any] | None:
    """Which of the benchmark's published numbers a run may be compared with, for its record; None without a table.

    `numbers` are those of the same protocol (recogniser, stream, method, top1), `sources` where they come from, and
    `reasons` say why others are left out.
    """
    benchmark = plan.benchmark
    if benchmark.published is None:
        return None
    table = read_published(benchmark.published)
    mine = (
        benchmark.dataset, benchmark.split, str(len(plan.clips)), str(benchmark.scale), benchmark.degradation,
        benchmark.flow,
    )  # fmt: skip
    here = [n for n in table if n.protocol == mine]
    sources = list(dict.fromkeys(n.source for n in here or table))
    if not here:
        return {"numbers": [], "sources": sources, "reasons": [_other_protocol(table, mine)]}
    reasons: dict[str, None] = {}
    streams = [part for part in plan.probes if isinstance(part.spec, RecognizerSpec)]
    recognizers = _same_recognizers(streams, here, benchmark, reasons)
    named = {name for n in here for name in split_pair(n.method)}
    wanted = [part for part in plan.methods if part.spec.name in named]
    labels = {part.spec.name: part.label for part in wanted if not _reason(part, {}, benchmark, reasons)}
    numbers = [
        {
            "recognizer": parse_choice(n.recognizer).name,
            "stream": n.stream,
            "method": "+".join(labels[name] for name in split_pair(n.method)),
            "top1": n.top1,
        }
        for n in here
        if (parse_choice(n.recognizer).name, n.stream) in recognizers
        and set(split_pair(n.method)) <= labels.keys()
        and (n.stream != "fusion" or n.fusion == benchmark.fusion)
    ]
    return {"numbers": numbers, "sources": sources, "reasons": list(reasons)}


def joined(now: dict[str, Any] | None, before: dict[str, Any] | None, plan: Plan) -> dict[str, Any] | None:
    """What `comparable` says of a plan, with what it said of methods and recognisers of earlier commands."""
    if now is None or before is None:
        return now
    methods = {part.label for part in plan.methods}
    recognizers = {part.spec.name for part in plan.probes}
    kept = [
        number
        for number in before["numbers"]
        if not (number["recognizer"] in recognizers and set(split_pair(number["method"])) <= methods)
    ]
    labels = {part.label for part in (*plan.methods, *plan.probes)}
    reasons = [text for text in before["reasons"] if text.partition(": ")[0] not in labels]
    return {**now, "numbers": [*now["numbers"], *kept], "reasons": list(dict.fromkeys([*now["reasons"], *reasons]))}


def _other_protocol(table: Sequence[Number], mine: Sequence[str]) -> str:
    names = ("data set", "split", "number of clips", "scale", "degradation", "flow")
    nearest = max(table, key=lambda n: sum(a == b for a, b in zip(n.protocol, mine, strict=True)))
    different = [
        f"{name} {there} (here {here})"
        for name, there, here in zip(names, nearest.protocol, mine, strict=True)
        if there != here
    ]
    return f"they are for another protocol: {', '.join(different)}"


def _same_recognizers(
    streams: Sequence[Part[NetworkSpec]], here: Iterable[Number], benchmark: Benchmark, reasons: dict[str, None]
) -> set[tuple[str, str]]:
    """Recognisers' streams that are the published ones, including the fusion if both are."""
    wanted = {parse_choice(n.recognizer).name: parse_choice(n.recognizer).mapping for n in here}
    same = {
        (part.spec.name, str(part.stream))
        for part in streams
        if part.spec.name in wanted and not _reason(part, wanted[part.spec.name], benchmark, reasons)
    }
    fused = {name for name, _ in same if {(name, "spatial"), (name, "temporal")} <= same}
    return same | {(name, "fusion") for name in fused}


def _reason(
    part: Part[NetworkSpec], wanted: Mapping[str, Any], benchmark: Benchmark, reasons: dict[str, None]
) -> str | None:
    """Why a method or stream is not the published one; added to `reasons`, unless it cannot run here anyway."""
    found = part.missing or _difference(part, wanted, benchmark)
    if found and not part.missing:
        reasons[f"{part.label}: {found}"] = None
    return found


def _difference(part: Part[NetworkSpec], wanted: Mapping[str, Any], benchmark: Benchmark) -> str | None:
    if part.then is not None:
        return "it restores in several steps"
    implied = part.weights.options if part.weights else {}
    expected = all_options(parse_choice(part.spec.name), part.spec, implied)
    expected |= {key: convert(value, expected.get(key), key) for key, value in wanted.items()}
    for key in sorted(expected.keys() | part.options.keys()):
        if part.options.get(key) != expected.get(key):
            return f"{key}={part.options.get(key)} is not the published protocol's {expected.get(key)}"
    if facts := part.computing.facts():
        return f"it computes with {', '.join(f'{name} {value}' for name, value in facts.items())}"
    if part.weights is None:
        return None
    trained = f"{parse_choice(benchmark.dataset).name}/{benchmark.train_split}"
    if part.weights.note:
        return f"its network is not the published one ({part.weights.note})"
    if part.weights.tag != OFFICIAL and not part.weights.as_published:
        return f"its checkpoint {part.weights.tag} is not declared to be the published network (--as-published)"
    if isinstance(part.spec, RecognizerSpec) and part.weights.tag != OFFICIAL and part.weights.trained_on != trained:
        return f"its checkpoint was trained on {part.weights.trained_on}, not on {trained}"
    return None
